"""Words of single languages are known in the text of their language, and only there."""

import pytest

from services.guard.domain.pii.language_words import (
    is_korean_word,
    is_small_word_of,
    is_word_around,
    languages_around,
)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Bunlar ne kadar güzel ve yeni bir gün için.", "Bunlar", True),
        ("Soyez attentif à toute erreur et donnez les détails dans la réponse.", "Soyez", True),
        ("Soyez went to the market with her and they said it was for you.", "Soyez", False),
        ("Was sagte er über die Schuhe und das Wetter?", "Schuhe", True),
        ("Był to dzień, który nie jest taki jak Kowalczuk mówi.", "Kowalczuk", False),
    ],
)
def test_words_are_known_in_their_language(text: str, word: str, expected: bool) -> None:
    start = text.index(word)
    assert is_word_around(text, start, start + len(word)) is expected


def test_english_and_unknown_text_have_no_language() -> None:
    assert not languages_around("This is what they said to her about it.", 0, 4)
    assert not languages_around("Lorem ipsum dolor", 0, 5)


def test_small_words_are_no_given_names() -> None:
    assert is_small_word_of("und", ("de",))
    assert not is_small_word_of("Anna", ("de",))


def test_korean_words_are_known_with_particles() -> None:
    assert is_korean_word("필수")
    assert not is_korean_word("김민수")
