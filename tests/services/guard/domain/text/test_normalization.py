"""Normalised text has no invisible characters, and its offsets lead back to the original."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.normalization import is_invisible, normalise

ODD = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("ab@.\u200b\u0308\u202e\ufe0fｊﬁ½🙂\ud800\U000e0041")
    ),
    max_size=80,
)


@given(ODD)
def test_offsets_are_ordered_and_inside_the_original(text: str) -> None:
    normalised = normalise(text)

    assert len(normalised.text) == len(normalised.starts) == len(normalised.ends)
    assert list(normalised.starts) == sorted(normalised.starts)
    assert all(
        0 <= start < end <= len(text) for start, end in zip(normalised.starts, normalised.ends, strict=True)
    )


@given(ODD)
def test_nothing_visible_is_lost(text: str) -> None:
    normalised = normalise(text)
    covered = {
        index
        for start, end in zip(normalised.starts, normalised.ends, strict=True)
        for index in range(start, end)
    }

    assert all(index in covered or is_invisible(character) for index, character in enumerate(text))


@given(st.text(alphabet="abc @.1", max_size=80))
def test_ascii_text_stays_as_it_is(text: str) -> None:
    normalised = normalise(text)

    assert [normalised.original_span(index, index + 1) for index in range(len(text))] == [
        (index, index + 1) for index in range(len(text))
    ]
    assert normalised.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jo\u0308rg", "jörg"),
        ("ｊａｎｅ", "jane"),
        ("a\u202eb\ufe0fc\u2066d", "abcd"),
        ("ﬁne", "fine"),
        ("\u200b\u00ad", ""),
        ("t\U000e0041e", "te"),
    ],
)
def test_compatibility_forms_and_invisible_characters_are_resolved(text: str, expected: str) -> None:
    assert normalise(text).text == unicodedata.normalize("NFC", expected)


def test_a_hundred_marks_on_one_letter_belong_to_it() -> None:
    normalised = normalise("a" + "\u0316" * 100)

    assert normalised.original_span(0, len(normalised.text)) == (0, 101)


@given(ODD)
def test_an_already_normalised_text_has_the_offsets_of_letter_by_letter_normalisation(text: str) -> None:
    letter_by_letter = normalise(text + "\N{ZERO WIDTH SPACE}")

    assert normalise(text).text == letter_by_letter.text
    assert (list(normalise(text).starts), list(normalise(text).ends)) == (
        list(letter_by_letter.starts),
        list(letter_by_letter.ends),
    )
