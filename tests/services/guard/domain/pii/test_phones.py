"""Telephone numbers are found by their country's plan, by grouping or beside context words."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("call me at 020 7946 0958", "PHONE_NUMBER", "020 7946 0958"),
        ("(415) 555-2671 ext. 12", "PHONE_NUMBER", "(415) 555-2671 ext. 12"),
        ("Telefon 030/901820", "PHONE_NUMBER", "030/901820"),
        ("mon portable: 06.12.34.56.78", "PHONE_NUMBER", "06.12.34.56.78"),
    ],
)
def test_a_national_number_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "2010-2015",
        "arXiv.1706.03762",
        "02110-1301",
        "1600000000 seconds, 0.000001 of 1,234,567",
    ],
)
def test_numbers_in_other_formats_are_no_telephone_numbers(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 (0)30 901820 please", "+49 (0)30 901820"),
        ("+1 (415) 555-2671", "+1 (415) 555-2671"),
        ("0049 30 901820", "0049 30 901820"),
        ("+33 1 44 58 10 10, merci", "+33 1 44 58 10 10"),
        ("+442079460958 12", "+442079460958"),
        ("+1 415 555 2671 x89", "+1 415 555 2671 x89"),
    ],
)
def test_an_international_number_is_found(text: str, number: str) -> None:
    assert ("PHONE_NUMBER", number) in found(text)


@pytest.mark.parametrize(
    "text",
    ["+1", "a +12 b", "+999 123456789", "00 12 34", "0000000", "x=1+2345678901234567890", "+0 123 456 789"],
)
def test_other_numbers_with_a_plus_are_no_telephone(text: str) -> None:
    assert "PHONE_NUMBER" not in {kind for kind, _ in found(text)}
