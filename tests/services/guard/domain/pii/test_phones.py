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
        ("être rappelé au 0540216173", "PHONE_NUMBER", "0540216173"),
        ("essere richiamato al 37764480134", "PHONE_NUMBER", "37764480134"),
        ("numer telefonu 501234567", "PHONE_NUMBER", "501234567"),
        ("мой телефон 89161234567", "PHONE_NUMBER", "89161234567"),
        ("电话是13812345678", "PHONE_NUMBER", "13812345678"),
        ("Bestellung 5512, Tel. 030 1234567", "PHONE_NUMBER", "030 1234567"),
        ("Call me at 415-555-2671 about my order", "PHONE_NUMBER", "415-555-2671"),
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
        "SKU 415-555-2671",
        "order 0171 2345678",
        "Bestellung 030 1234567",
        "0.003292057839,7",
        "call of 1791-1867",
        "Mobile crane LTM 1300-6.2.1",
        "mobile; rv:140.0) Gecko/20100101 Firefox/140.0",
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
    [
        "+1",
        "a +12 b",
        "+999 123456789",
        "00 12 34",
        "0000000",
        "x=1+2345678901234567890",
        "+0 123 456 789",
        "12 + 4915112345678",
        "devel +2699961d1143",
    ],
)
def test_other_numbers_with_a_plus_are_no_telephone(text: str) -> None:
    assert "PHONE_NUMBER" not in {kind for kind, _ in found(text)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+43 664 1234567oder so", "+43 664 1234567"),
        ("+31 6 12345678en", "+31 6 12345678"),
        ("+1 415 555 2671ab", "+1 415 555 2671"),
        ("+48501234567lub", "+48501234567"),
        ("0044 20 7946 0958please", "0044 20 7946 0958"),
        ("โทร+6621234567ค่ะ", "+6621234567"),
        ("звоните+7 812 309-12-34после", "+7 812 309-12-34"),
        ("Τηλ+30 210 123 4567και", "+30 210 123 4567"),
        ("電話は03-1234-5678です", "03-1234-5678"),
        ("Mobile+44 7911 123456", "+44 7911 123456"),
        ("โทร0812345678นะ", "0812345678"),
        ("Tel 030 1234 5678oder", "030 1234 5678"),
        ("(415) 555-2671please", "(415) 555-2671"),
        ("Der Ruf geht an 0221/471123-5", "0221/471123-5"),
    ],
)
def test_a_number_is_found_whole_beside_letters_without_a_space(text: str, number: str) -> None:
    assert found(text) == [("PHONE_NUMBER", number)]


@pytest.mark.parametrize("text", ["x+491701234567", "+491701234567ab12", "a+49 170 1234567"])
def test_letters_before_a_plus_or_hexadecimal_digits_behind_make_it_no_telephone(text: str) -> None:
    assert found(text) == []


def test_a_number_never_ends_before_the_rest_of_its_digits() -> None:
    assert found("+49 170 123456789012345") == []


@pytest.mark.parametrize(
    "text",
    [
        "call stack in CVE-2023-44487",
        "ring: cve 2022-37434",
        "contact us about OPS-20231-4456",
        "call for RFC 2023-12345",
        "text me ISO/IEC 27001-20135",
        "dial (2021-44228)",
        "the call took 12345678ns",
        "call 1234567890bytes",
    ],
)
def test_numbers_of_registers_standards_and_projects_are_no_telephones(text: str) -> None:
    assert found(text) == []
