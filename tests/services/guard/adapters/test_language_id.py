"""The language of a text is named where the model is sure enough for a check to block an answer."""

import pytest

from services.guard.adapters.language_id import LazyLanguageIdentifier

LANGUAGE_OF = LazyLanguageIdentifier()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Your parcel is on its way and will arrive tomorrow.", "en"),
        ("Ihr Paket ist unterwegs und kommt morgen an.", "de"),
        ("Su paquete está en camino y llegará mañana.", "es"),
        ("お荷物は配送中で、明日届く予定です。", "ja"),
    ],
)
def test_a_sentence_is_in_its_language(text: str, language: str) -> None:
    assert LANGUAGE_OF(text) == language


@pytest.mark.parametrize("text", ["", "  ", "42", "ok", "qwrt zxcv plkj"])
def test_a_text_without_a_certain_language_has_none(text: str) -> None:
    assert LANGUAGE_OF(text) is None


def test_the_shares_of_all_languages_add_up() -> None:
    shares = LANGUAGE_OF.shares("Ihr Paket ist unterwegs und kommt morgen an.")

    assert max(shares, key=lambda language: shares[language]) == "de"
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)


def test_loading_comes_before_the_first_text_and_only_once() -> None:
    LANGUAGE_OF.load()
    assert LANGUAGE_OF.shares("Where is my parcel?") == LazyLanguageIdentifier().shares("Where is my parcel?")
