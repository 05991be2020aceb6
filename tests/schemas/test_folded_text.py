"""Characters in another form are read as ASCII, and each knows where it stands."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.folded_text import percent_decoded, with_plain_letters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("＜ＰＥＲＳＯＮ＿１＞", "<PERSON_1>"),
        ("PER\u200bSON_1", "PERSON_1"),
        ("𝐏𝟏", "P1"),
        ("P\u00ad①", "P1"),
        ("é\u2060x", "éx"),
    ],
)
def test_other_forms_are_read_as_ascii(text: str, expected: str) -> None:
    folded = with_plain_letters(text)
    assert folded is not None
    assert folded.text == expected


@pytest.mark.parametrize("text", ["", "plain <PERSON_1>", "Zoë, 你好（a）！"])
def test_a_text_without_such_letters_is_not_read_anew(text: str) -> None:
    assert with_plain_letters(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("%50%5f1", "P_1"), ("a%2550", "aP"), ("%3CP%3e", "<P>"), ("é%20%zz", "é %zz")]
)
def test_percent_encoded_characters_are_decoded(text: str, expected: str) -> None:
    decoded = percent_decoded(text)
    assert decoded is not None
    assert decoded.text == expected
    assert percent_decoded("100 % and %0a") is None


@given(st.text(alphabet="aé \u200b\uff21\uff1c%50%4", max_size=30))
def test_each_character_is_where_it_was(text: str) -> None:
    for folded in (with_plain_letters(text), percent_decoded(text)):
        if folded is None:
            continue
        assert len(folded.text) == len(folded.starts) == len(folded.ends)
        for index, character in enumerate(folded.text):
            start, end = folded.original_span(index, index + 1)
            assert start < end
            assert text[start:end] == character or text[start] in "\uff21\uff1c%"


@pytest.mark.parametrize("piece", ["\u200b", "\uff21 ", "%50", "%25"])
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text, started = piece * (50_000 // len(piece)), time.process_time()
    with_plain_letters(text)
    percent_decoded(text)
    assert time.process_time() - started < 1
