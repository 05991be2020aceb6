"""A number of the classifier is personal only beside a word for a document, an account or a telephone."""

import pytest

from services.guard.domain.pii.model_numbers import personal_number_kind, whole_number

NUMBER = "179606099"


def kind(text: str) -> str | None:
    start = text.index(NUMBER)
    return personal_number_kind(text, start, start + len(NUMBER))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("driving licence number 179606099", "DRIVERS_LICENSE"),
        ("Führerschein: 179606099", "DRIVERS_LICENSE"),
        ("passport 179606099", "PASSPORT"),
        ("numero di passaporto 179606099", "PASSPORT"),
        ("Steuernummer 179606099", "TAX_ID"),
        ("numer rachunku 179606099", "BANK_ACCOUNT"),
        ("kimlik no 179606099", "GOVERNMENT_ID"),
        ("телефон 179606099", "PHONE_NUMBER"),
        ("179606099 office", "PHONE_NUMBER"),
        ("They called from 179606099", "PHONE_NUMBER"),
    ],
)
def test_the_nearest_word_names_the_kind(text: str, expected: str) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "179606099",
        "How much is 179606099 plus 3?",
        "parcel 179606099",
        "passport order 179606099",
        '{"id": 179606099}',
        "tax of 179606099.50",
        "tax 0.179606099",
        "tax $179606099",
        "passport_179606099_scan.pdf",
        "id,total\n1,179606099",
        "phone model 179606099",
    ],
)
def test_other_numbers_are_not_personal(text: str) -> None:
    assert kind(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("called (1791-1867)", "1791-1867"), ("licence 10.20.30.40", "10.20.30.40")]
)
def test_years_and_addresses_of_hosts_are_not_personal(text: str, number: str) -> None:
    start = text.index(number)
    assert personal_number_kind(text, start, start + len(number)) is None


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("Tax ID 12 345 678 903", "345 678 903", "12 345 678 903"),
        ("passport no. 48-112 903.", "112 903", "48-112 903"),
        ("Steuernummer 112.903.448.12, danke", "112.903", "112.903.448.12"),
        ("Order 12 tax ID 345 678 903", "345 678 903", "345 678 903"),
        ("passport 123 456 789 2024-05-01", "123 456 789", "123 456 789"),
        ("passport 123 456 789 12:30", "123 456 789", "123 456 789"),
        ("passports 12345678 87654321", "12345678", "12345678"),
    ],
)
def test_digit_groups_beside_a_number_belong_to_it(text: str, part: str, whole: str) -> None:
    start, end = whole_number(text, text.index(part), text.index(part) + len(part))
    assert text[start:end] == whole


def test_a_key_of_a_register_is_no_telephone() -> None:
    assert personal_number_kind("a call in (CVE-2025-23165)", 11, 25) is None
