"""Check digits that python-stdnum does not have, and its checks without placeholders."""

import pytest

from services.guard.domain.pii.check_digits import (
    is_german_tax_id,
    is_medicare,
    is_nino,
    is_nric,
    is_pan,
    is_sin,
    is_valid_by,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("S1234567D", True),
        ("s1234567d", True),
        ("S1234567E", False),
        ("T1234567J", True),
        ("F1234567N", True),
    ],
)
def test_the_last_letter_of_an_nric_follows_from_its_digits(number: str, expected: bool) -> None:
    assert is_nric(number) is expected


@pytest.mark.parametrize(("number", "expected"), [("2123 45670 1", True), ("2123 45671 1", False)])
def test_the_ninth_digit_of_a_medicare_number_is_its_check_digit(number: str, expected: bool) -> None:
    assert is_medicare(number) is expected


@pytest.mark.parametrize(
    ("number", "expected"), [("AB123456C", True), ("GB123456C", False), ("DA123456C", False)]
)
def test_a_nino_has_an_issued_prefix(number: str, expected: bool) -> None:
    assert is_nino(number) is expected


def test_dashes_and_separators_are_ignored() -> None:
    assert is_valid_by("us.ssn")("536\u201390\u20134399")
    assert is_german_tax_id("86 095 742 719")
    assert is_sin("046-454-286")
    assert is_pan("aaapl1234c")


def test_one_repeated_digit_is_a_placeholder() -> None:
    assert not is_valid_by("it.iva")("00000000000")
    assert not is_sin("000 000 000")
