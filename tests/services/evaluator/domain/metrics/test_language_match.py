"""The languages of question and answer are compared where both texts are long enough."""

import pytest

from services.evaluator.domain.metrics.language_match import MAX_LANGUAGE_CHARS, MIN_LETTERS, language_match
from services.evaluator.domain.metrics.types import Measured
from tests.services.evaluator.domain.metrics.answers import answer


@pytest.mark.parametrize(
    ("question", "output", "expected", "label"),
    [
        (
            "Wo finde ich bitte meine letzte Rechnung?",
            "Ihre letzte Rechnung finden Sie im Portal unter Abrechnung.",
            1.0,
            "de/de",
        ),
        (
            "Wo finde ich bitte meine letzte Rechnung?",
            "You find your last invoice in the customer portal.",
            0.0,
            "de/en",
        ),
        (
            "Où puis-je trouver ma dernière facture ?",
            "Vous trouverez votre facture dans le portail client.",
            1.0,
            "fr/fr",
        ),
        ("請求書はどこにありますか", "請求書はポータルの請求ページにあります。", 1.0, "ja/ja"),
        ("Hi", "You find your last invoice in the customer portal.", None, None),
        ("Where can I find my last invoice please?", "42", None, None),
        (
            "asdf qwer zxcv uiop hjkl vbnm tzui",
            "You find your last invoice in the customer portal.",
            None,
            None,
        ),
        (
            "<PERSON_1> <EMAIL_ADDRESS_2> <PERSON_3> <LOCATION_4>",
            "You find your last invoice in the customer portal.",
            None,
            None,
        ),
        (
            "Wie schreibe ich das in Python am besten?",
            "So geht das noch immer am besten:\n```python\nfor line in open('lines'): print(line)\n```",
            1.0,
            "de/de",
        ),
    ],
)
def test_the_language_of_question_and_answer_is_compared_where_both_say_enough(
    question: str,
    output: str,
    expected: float | None,
    label: str | None,
) -> None:
    measured = language_match(answer(output, question))

    assert measured == (None if expected is None else Measured(expected, label))


@pytest.mark.parametrize(
    ("output", "is_compared"),
    [
        ("a" * MIN_LETTERS, True),
        ("a" * (MIN_LETTERS - 1), False),
        ("字" * (MIN_LETTERS // 3), True),
        ("字" * (MIN_LETTERS // 3 - 1), False),
        ("7" * 100, False),
    ],
)
def test_a_chinese_character_counts_as_three_letters_and_a_digit_as_none(
    output: str, is_compared: bool
) -> None:
    measured = language_match(answer(output, "a" * MIN_LETTERS, language_of=lambda _: "en"))

    assert (measured is not None) is is_compared


def test_the_language_model_gets_a_bounded_text() -> None:
    lengths: list[int] = []

    def noting(text: str) -> str:
        lengths.append(len(text))
        return "en"

    language_match(answer("a " * 100_000, "b " * 100_000, language_of=noting))

    assert len(lengths) == 2
    assert max(lengths) <= MAX_LANGUAGE_CHARS
