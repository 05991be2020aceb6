"""Each number with a kind of its own is recognised, and not with a wrong check digit."""

from string import ascii_uppercase, digits

import pytest

from schemas.detections import DETECTORS
from services.guard.domain.pii.country_kind_formats import COUNTRY_KIND_FORMATS
from services.guard.domain.pii.national_id_format import NationalIdFormat

NUMBERS = (
    ("US_SSN", "536-90-4399"),
    ("TAX_ID", "912-90-3456"),
    ("UK_NHS", "943 476 5919"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("IN_AADHAAR", "2341 2341 2346"),
    ("IN_PAN", "ACUPA7085R"),
    ("DE_TAX_ID", "36 574 261 809"),
    ("ES_NIF", "54362315K"),
    ("ES_NIF", "X2482300W"),
    ("FR_NIR", "2 95 10 99 126 111 93"),
    ("BR_CPF", "390.533.447-05"),
    ("IT_FISCAL_CODE", "RCCMNL83S18D969H"),
    ("NL_BSN", "1112.22.333"),
    ("PL_PESEL", "44051401359"),
    ("CA_SIN", "123-456-782"),
    ("AU_TFN", "123 456 782"),
    ("SE_PERSONNUMMER", "880320-0016"),
)
WITHOUT_CHECK_DIGIT = frozenset({"536-90-4399", "912-90-3456", "AB 12 34 56 C", "ACUPA7085R"})
"""Numbers whose last character may be any."""
CASES = [
    pytest.param(id_format, number, id=f"{kind}-{number}")
    for id_format, (kind, number) in zip(COUNTRY_KIND_FORMATS, NUMBERS, strict=True)
]


def test_each_number_is_of_the_kind_of_its_format_and_the_rules_declare_it() -> None:
    kinds = [id_format.kind for id_format in COUNTRY_KIND_FORMATS]

    assert kinds == [kind for kind, _ in NUMBERS]
    assert set(kinds) <= DETECTORS["rules"].kinds


@pytest.mark.parametrize(("id_format", "number"), CASES)
def test_a_number_is_recognised_and_has_enough_digits(id_format: NationalIdFormat, number: str) -> None:
    match = id_format.pattern.search(f"it is {number}, please")

    assert match is not None
    assert match.group() == number
    assert id_format.is_valid(number)
    assert sum(character.isdigit() for character in number) >= id_format.min_digits


@pytest.mark.parametrize(("id_format", "number"), CASES)
def test_another_last_character_is_refused_where_it_is_a_check(
    id_format: NationalIdFormat, number: str
) -> None:
    alphabet = digits if number[-1].isdigit() else ascii_uppercase
    others = [number[:-1] + character for character in alphabet if character != number[-1]]

    accepted = [other for other in others if id_format.is_valid(other)]
    assert bool(accepted) is (number in WITHOUT_CHECK_DIGIT)
