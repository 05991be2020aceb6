"""Passports, licences and dates of birth are found by check digits or the words before them."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged

MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (MRZ, "PASSPORT", MRZ),
        ("my passport number is C01X00T47", "PASSPORT", "C01X00T47"),
        ('{"passport":"X1234567"}', "PASSPORT", "X1234567"),
        ("Driver's license: D1234567", "DRIVERS_LICENSE", "D1234567"),
        ("Driver license\nD1234567", "DRIVERS_LICENSE", "D1234567"),
        ("license D1234567", "DRIVERS_LICENSE", "D1234567"),
        ("Licence number D1234567, order 12", "DRIVERS_LICENSE", "D1234567"),
        ("Passport No.\nC01X00T47", "PASSPORT", "C01X00T47"),
        ("Führerscheinnummer B072RRE2I55", "DRIVERS_LICENSE", "B072RRE2I55"),
        ("DOB: 12/03/1984", "DATE_OF_BIRTH", "12/03/1984"),
        ("geboren am 3. Mai 1970", "DATE_OF_BIRTH", "3. Mai 1970"),
        ("née le 12/05/1960", "DATE_OF_BIRTH", "12/05/1960"),
    ],
)
def test_a_document_number_or_date_of_birth_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        MRZ.replace("C36UTO", "C37UTO"),
        "passport in 2024",
        "born in 1990, moved in 2001",
        "né le 17 octobre 1892 à Paris",
        "NY,NE,8/24/16,8/30/16",
        "license number 545345",
        "passport\n12345678 people",
        "software license D1234567",
    ],
)
def test_other_numbers_and_years_are_no_documents(text: str) -> None:
    assert found(text) == []
