"""The language of a text is named where the model is sure of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluator.adapters.langid_detector import LangidDetector

LANGUAGE_OF = LangidDetector()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("You find your last invoice in the customer portal.", "en"),
        ("Ihre letzte Rechnung finden Sie im Portal unter Abrechnung.", "de"),
        ("Vous trouverez votre facture dans le portail client.", "fr"),
        ("請求書はポータルの請求ページにあります。", "ja"),
        ("Счёт находится на портале в разделе оплаты.", "ru"),
    ],
)
def test_a_sentence_is_in_its_language(text: str, language: str) -> None:
    assert LANGUAGE_OF(text) == language


@pytest.mark.parametrize("text", ["", "   ", "12345 67890", "asdf qwer zxcv uiop hjkl", "ok"])
def test_a_text_that_is_no_sentence_has_no_language(text: str) -> None:
    assert LANGUAGE_OF(text) is None


@given(st.text(max_size=200))
def test_any_text_has_a_code_of_two_letters_or_none(text: str) -> None:
    language = LANGUAGE_OF(text)

    assert language is None or (len(language) == 2 and language.islower())
