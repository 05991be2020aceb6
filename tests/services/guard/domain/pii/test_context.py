"""Context words count before a number, behind it on the same line, and in the header of its table column."""

import pytest

from services.guard.domain.pii.context import (
    NO_CONTEXT,
    column_title,
    context_distance,
    context_words,
    has_context,
    is_cell,
)

WORDS = context_words("ssn", r"tax(?:payer)? id")


def distance(text: str) -> int:
    start = text.index("123")
    return context_distance(text, start, start + 3, WORDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SSN 123", 1),
        ("my taxpayer ID is: 123", 5),
        ("123 ssn", 61),
        ("name\tssn\nAnn\t123", 1 + 4),
        ("no,ssn,name\n" + "1,2,x\n" * 12 + "1,123,Ann", 120),
    ],
)
def test_the_nearest_word_gives_the_distance(text: str, expected: int) -> None:
    assert distance(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "123",
        "session 123",
        "assn 123",
        "ssn" + " " * 61 + "123",
        "123\nssn",
        "name,ssn,city\n" + "1,2,x\n" * 12 + "123,Ann,Paris",
        "name,ssn\n\n" + "1,2\n" * 18 + "Ann,123",
    ],
)
def test_other_words_and_places_are_no_context(text: str) -> None:
    start = text.index("123")

    assert distance(text) == NO_CONTEXT
    assert not has_context(text, start, start + 3, WORDS)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("id,order\n1,123", "order"),
        ("| id | order |\n|---|---|\n| 1 | 123 |", " order "),
        ("a, b\nc 123", ""),
        ("first, the orders\nthen, well, 123", ""),
        ("123", ""),
    ],
)
def test_a_column_has_a_title_only_in_a_table(text: str, title: str) -> None:
    assert column_title(text, text.index("123")) == title


def test_words_without_spaces_stand_inside_a_run_of_characters() -> None:
    words = context_words("phone", unspaced=("电话",))
    assert has_context("我的电话是123", 5, 8, words)
    assert not has_context("myphoneis 123", 10, 13, words)


def test_letters_of_scripts_without_spaces_may_touch_a_word() -> None:
    assert has_context("私のssnは123", 7, 10, WORDS)
    assert not has_context("яssn 123", 5, 8, WORDS)


@pytest.mark.parametrize(
    ("text", "is_in_table"),
    [
        ("id,card\n12,777", True),
        ("[12,777]", True),
        ("12,777,Bob", True),
        ("0,777", False),
        ("12,777 Euro", False),
    ],
)
def test_a_comma_parts_cells_or_a_decimal(text: str, *, is_in_table: bool) -> None:
    start = text.index("777")
    assert is_cell(text, start, start + 3) == is_in_table
