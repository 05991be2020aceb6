"""Each number that shares a kind with others is recognised, and not with a wrong check digit."""

from string import ascii_uppercase, digits

import pytest

from schemas.detections import DETECTORS
from services.guard.domain.pii.national_id_format import NationalIdFormat
from services.guard.domain.pii.shared_kind_formats import SHARED_KIND_FORMATS

NUMBERS = (
    ("GOVERNMENT_ID", "756.9217.0769.85"),
    ("GOVERNMENT_ID", "85.07.30-033.28"),
    ("GOVERNMENT_ID", "211062-5629"),
    ("GOVERNMENT_ID", "151086 95088"),
    ("GOVERNMENT_ID", "131052-308T"),
    ("TAX_ID", "501 964 843"),
    ("GOVERNMENT_ID", "00000000 0 ZZ4"),
    ("GOVERNMENT_ID", "6433435F"),
    ("GOVERNMENT_ID", "1630615123457"),
    ("GOVERNMENT_ID", "710319/2745"),
    ("GOVERNMENT_ID", "7523169263"),
    ("GOVERNMENT_ID", "33392005961"),
    ("GOVERNMENT_ID", "01013099997"),
    ("GOVERNMENT_ID", "36805280109"),
    ("GOVERNMENT_ID", "1237 010180"),
    ("GOVERNMENT_ID", "17291716060"),
    ("GOVERNMENT_ID", "750330 5044 089"),
    ("GOVERNMENT_ID", "039337423"),
    ("GOVERNMENT_ID", "850101-1234566"),
    ("GOVERNMENT_ID", "360426199101010071"),
    ("GOVERNMENT_ID", "S1234567D"),
    ("GOVERNMENT_ID", "BOXW310820HNERXN09"),
    ("TAX_ID", "20-05536168-2"),
    ("GOVERNMENT_ID", "12.531.909-2"),
    ("GOVERNMENT_ID", "770305-02-1234"),
    ("GOVERNMENT_ID", "1-2345-45678-78-1"),
    ("GOVERNMENT_ID", "3171011708450001"),
    ("GOVERNMENT_ID", "1714307103"),
    ("TAX_ID", "123456789047"),
    ("TAX_ID", "1759013776"),
    ("TAX_ID", "6214 9832 0257"),
    ("GOVERNMENT_ID", "2123 45670 1"),
    ("GOVERNMENT_ID", "28.765.432"),
)
WITHOUT_CHECK_DIGIT = frozenset(
    {"211062-5629", "770305-02-1234", "3171011708450001", "2123 45670 1", "28.765.432"}
)
"""Numbers whose last character may be any."""
CASES = [
    pytest.param(id_format, number, id=f"{kind}-{number}")
    for id_format, (kind, number) in zip(SHARED_KIND_FORMATS, NUMBERS, strict=True)
]


def test_each_number_is_of_the_kind_of_its_format_and_the_rules_declare_it() -> None:
    kinds = [id_format.kind for id_format in SHARED_KIND_FORMATS]

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
