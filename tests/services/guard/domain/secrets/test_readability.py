"""Words, names and numbers read easily; mixtures of cases, digits and signs do not."""

import pytest

from services.guard.domain.secrets.readability import (
    entropy,
    has_both_cases,
    has_letters_and_digits,
    has_special,
    is_unreadable,
    is_unreadable_word,
)


@pytest.mark.parametrize(
    ("value", "expected"), [("Zk8vTq2Lm", True), ("k9!x", True), ("Base64Url", False), ("sonne2024", False)]
)
def test_a_mixture_is_unreadable_and_words_with_numbers_are_not(value: str, *, expected: bool) -> None:
    assert is_unreadable(value) is expected


def test_a_row_of_letters_is_unreadable_where_cases_alternate() -> None:
    assert is_unreadable_word("kWpRtZxLmQ")
    assert not is_unreadable_word("MessageHandler")


def test_the_parts_of_a_mixture_are_told() -> None:
    assert has_letters_and_digits("a1")
    assert not has_letters_and_digits("ab")
    assert has_both_cases("aB")
    assert has_special("a!b")
    assert not has_special("ab!")
    assert entropy("abcd") == 2
