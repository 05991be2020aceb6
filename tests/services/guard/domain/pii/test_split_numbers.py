"""Numbers behind their word are read across line breaks and marks; other rows of digits are not."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.pii.split_numbers import split_numbers


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in recognise(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("My SSN is 361\n79\n6977.", "US_SSN", "361\n79\n6977"),
        ("ssn=430 - 87 - 4210", "US_SSN", "430 - 87 - 4210"),
        ("Social security number: 699\u00b752\u00b77438", "US_SSN", "699\u00b752\u00b77438"),
        ("My SSN is 6-2-9-2-2-7-7-7-0.", "US_SSN", "6-2-9-2-2-7-7-7-0"),
        ("Meine Telefonnummer: 0171\n232\n8964", "PHONE_NUMBER", "0171\n232\n8964"),
        (
            "IBAN D E 1 8 0 8 1 0 7 7 3 8 3 5 1 6 2 3 7 7 6 6.",
            "IBAN_CODE",
            "D E 1 8 0 8 1 0 7 7 3 8 3 5 1 6 2 3 7 7 6 6",
        ),
    ],
)
def test_the_number_is_found_in_place(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3 4 5 6 7 8 9 in a row, the telephone game",
        "call matrix 0 1 0 1 1 0 0 1 1",
        "phone list:\n1\n2\n3\n4\n5\n6\n7\n8\n",
        "D E 1 9 0 8 1 0 7 7 3 8 3 5 1 6 2 3 7 7 6 6",
    ],
)
def test_rows_of_digits_are_no_numbers_of_persons(text: str) -> None:
    assert found(text) == []


def test_usual_numbers_are_left_to_the_recognisers() -> None:
    assert list(split_numbers("SSN 536-90-4399, phone 0171 2328964")) == []


@pytest.mark.parametrize("start", ["ssn test: ", "SSN rows\n", "my SSN demo prints "])
@pytest.mark.parametrize("digits", ["123456789", "987654321", "536904399", "012345678"])
def test_single_digits_on_lines_without_a_form_are_none(start: str, digits: str) -> None:
    assert found(start + "\n".join(digits)) == []


@pytest.mark.parametrize("start", ["SSN: ", "ssn\n", "Social security number is "])
def test_single_digits_on_lines_of_a_form_are_a_number_and_a_count_is_none(start: str) -> None:
    assert found(start + "\n".join("536904399")) == [("US_SSN", "\n".join("536904399"))]
    assert found(start + "\n".join("123456789")) == []
