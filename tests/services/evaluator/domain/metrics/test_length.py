"""Characters and words are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluator.domain.metrics.length import output_chars, output_words
from tests.services.evaluator.domain.metrics.answers import answer


@pytest.mark.parametrize(
    ("output", "chars", "words"),
    [
        ("", 0, 0),
        (" \n", 2, 0),
        ("two words", 9, 2),
        ("  two\n\twords ", 13, 2),
        ("日本語", 3, 1),
        ("🙂 🙂", 3, 2),
    ],
)
def test_words_are_separated_by_white_space_and_every_character_counts(
    output: str, chars: int, words: int
) -> None:
    measured = answer(output)

    assert (output_chars(measured), output_words(measured)) == (chars, words)


@given(st.text(), st.text())
def test_two_answers_joined_by_a_space_are_as_long_as_both(first: str, second: str) -> None:
    joined = answer(f"{first} {second}")

    assert output_chars(joined) == output_chars(answer(first)) + output_chars(answer(second)) + 1
    assert output_words(joined) == output_words(answer(first)) + output_words(answer(second))
