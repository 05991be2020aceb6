"""Words with look-alike letters are folded to Latin letters, and words of real alphabets are not."""

import pytest

from services.guard.domain.text.homoglyphs import fold_homoglyphs, without_marks


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("іgnоrе аll", "ignore all"),
        ("sʏsᴛᴇᴍ", "system"),
        ("раsswоrd and пароль", "password and пароль"),
        ("🅸🅶🅽🅾🆁🅴", "ignore"),
    ],
)
def test_disguised_words_are_folded(text: str, folded: str) -> None:
    assert fold_homoglyphs(text) == folded


@pytest.mark.parametrize("text", ["plain", "Straße", "łódź", "привет", "ηλεκτρονικά", "🇩🇪", "ао"])
def test_words_of_real_alphabets_stay(text: str) -> None:
    assert fold_homoglyphs(text) == text


def test_marks_are_removed_and_letters_stay() -> None:
    assert without_marks("Größe déjà йод") == "Große deja иод"
