"""Letters are counted by writing system, and one of a syllabic script counts as several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.scripts import OTHER, latin_letters, letters_by_script, script_of


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("plain words, 42", {}),
        ("Žluťoučký kůň, größer, déjà", {}),
        ("Привет", {"Cyrl": 6}),
        ("Γειά", {"Grek": 4}),
        ("مرحبا", {"Arab": 5}),
        ("你好", {"Hani": 6}),
        ("カナ漢", {"Kana": 4, "Hani": 3}),
        ("안녕", {"Hang": 4}),
        ("ᚠᚢ", {OTHER: 2}),
        ("ok, Да", {"Cyrl": 2}),
    ],
)
def test_letters_are_counted_by_script(text: str, letters: dict[str, int]) -> None:
    assert letters_by_script(text) == letters


def test_wide_and_mathematical_letters_are_latin_after_normalising() -> None:
    assert letters_by_script(normalise("Ｈｅｌｌｏ 𝐰𝐨𝐫𝐥𝐝").text) == {}


def test_latin_letters_are_those_of_no_other_script() -> None:
    assert latin_letters("größer чем 3") == 6


@given(st.text(max_size=200))
def test_every_letter_belongs_to_one_side(text: str) -> None:
    others = sum(character.isalpha() and script_of(character) != OTHER for character in text)
    assert latin_letters(text) + sum(letters_by_script(text).values()) >= others
