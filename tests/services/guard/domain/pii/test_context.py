"""Context words count before a number, behind it on the same line, and in the header of its table column."""

import pytest

from services.guard.domain.pii.context import NO_CONTEXT, context_distance, context_words, has_context

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
