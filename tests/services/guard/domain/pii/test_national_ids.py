"""National numbers are found in their usual forms, and not with a wrong check digit."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn, verhoeff
from stdnum.es import dni
from stdnum.iso7064 import mod_11_10
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel

from services.guard.domain.pii.registry import recognise

FORMS = (
    "{name} {}",
    "{name}: {}",
    "{name}:{}",
    "{name} is {}.",
    "{} is my {name}",
    "Hello, my {name} ({}), please check",
    '{{"{name}": "{}"}}',
    "person,{name},city\nJane,{},Paris\n",
    "| person | {name} |\n|---|---|\n| Jane | {} |",
    "city\t{name}\nParis\t{}",
    "please note:\n{name}={}\nthanks",
)


def digits(rng: random.Random, count: int, first: str = "123456789") -> str:
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def nhs(rng: random.Random) -> str:
    while True:
        body = digits(rng, 9)
        check = 11 - sum(int(digit) * (10 - index) for index, digit in enumerate(body)) % 11
        if check != 10:
            return body + str(check % 11)


def nir(rng: random.Random) -> str:
    body = (
        rng.choice("12")
        + f"{rng.randint(40, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 95):02}"
        + f"{rng.randint(1, 999):03}{rng.randint(1, 999):03}"
    )
    return body + f"{97 - int(body) % 97:02}"


def bsn_of(rng: random.Random) -> str:
    return next(
        f"{body}{check}"
        for body in iter(lambda: digits(rng, 8), "")
        if (check := bsn.checksum(body + "0") % 11) < 10
    )


def tfn(rng: random.Random) -> str:
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    return next(
        body
        for body in iter(lambda: digits(rng, 9), "")
        if sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11 == 0
    )


def german_tax_id(rng: random.Random) -> str:
    while True:
        digit_order = rng.sample("0123456789", 10)
        body = [*digit_order[:9], rng.choice(digit_order[:9])]
        rng.shuffle(body)
        if body[0] != "0":
            number = "".join(body)
            return number + mod_11_10.calc_check_digit(number)


def cpf(rng: random.Random) -> str:
    body = digits(rng, 9)
    for start in (10, 11):
        checksum = sum(int(digit) * (start - index) for index, digit in enumerate(body)) * 10 % 11
        body += str(checksum % 10)
    return body


def personnummer(rng: random.Random) -> str:
    born = f"{rng.randint(40, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{born}{rng.randint(1, 999):03}"
    return body + luhn.calc_check_digit(body)


def pesel_of(rng: random.Random) -> str:
    born = f"{rng.randint(40, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{born}{rng.randint(0, 9999):04}"
    return body + pesel.calc_check_digit(body)


def fiscal_code(rng: random.Random) -> str:
    letters = "".join(rng.choice("BCDFGLMNPRSTV") for _ in range(6))
    body = f"{letters}{rng.randint(40, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randint(10, 28)}H501"
    return body + codicefiscale.calc_check_digit(body)


def nif(rng: random.Random) -> str:
    body = digits(rng, 8)
    return body + dni.calc_check_digit(body)


def grouped(*sizes: int, by: str = " ") -> Callable[[str], str]:
    def write(number: str) -> str:
        ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
        return by.join(number[end - size : end] for end, size in zip(ends, sizes, strict=True))

    return write


NUMBERS: dict[str, tuple[Callable[[random.Random], str], str, tuple[Callable[[str], str], ...]]] = {
    "US_SSN": (
        lambda rng: f"{rng.randint(100, 660)}{rng.randint(10, 99)}{rng.randint(1000, 9999)}",
        "SSN",
        (grouped(3, 2, 4, by="-"), grouped(3, 2, 4)),
    ),
    "UK_NHS": (nhs, "NHS number", (grouped(3, 3, 4), grouped(3, 3, 4, by="-"))),
    "IN_AADHAAR": (
        lambda rng: (body := digits(rng, 11, "23456789")) + verhoeff.calc_check_digit(body),
        "Aadhaar",
        (grouped(4, 4, 4), grouped(4, 4, 4, by="-")),
    ),
    "DE_TAX_ID": (german_tax_id, "Steuer-ID", (grouped(2, 3, 3, 3),)),
    "ES_NIF": (nif, "DNI", (lambda number: number[:8] + "-" + number[8], grouped(2, 3, 3, 1, by="."))),
    "FR_NIR": (nir, "numéro de sécurité sociale", (grouped(1, 2, 2, 2, 3, 3, 2),)),
    "BR_CPF": (cpf, "CPF", (lambda number: f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}",)),
    "IT_FISCAL_CODE": (fiscal_code, "codice fiscale", (str.lower, grouped(3, 3, 5, 5))),
    "NL_BSN": (bsn_of, "BSN", (grouped(4, 2, 3, by="."),)),
    "PL_PESEL": (pesel_of, "PESEL", ()),
    "CA_SIN": (
        lambda rng: (body := digits(rng, 8, "1234567")) + luhn.calc_check_digit(body),
        "SIN",
        (grouped(3, 3, 3), grouped(3, 3, 3, by="-")),
    ),
    "AU_TFN": (tfn, "TFN", (grouped(3, 3, 3),)),
    "SE_PERSONNUMMER": (personnummer, "personnummer", (grouped(6, 4, by="-"),)),
    "UK_NINO": (
        lambda rng: (
            f"{rng.choice('ABCEHJ')}{rng.choice('ABCEHJ')}{rng.randint(100000, 999999)}{rng.choice('ABCD')}"
        ),
        "NI number",
        (grouped(2, 2, 2, 2, 1),),
    ),
}


def found(text: str) -> set[tuple[str, str]]:
    return {(span.kind, text[span.start : span.end]) for span in recognise(text)}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_number_with_a_context_word_is_found_in_every_form(kind: str, form: str) -> None:
    make, name, groupings = NUMBERS[kind]
    rng = random.Random(kind + form)
    for _ in range(12):
        number = make(rng)
        for written in (number, *(write(number) for write in groupings)):
            text = form.format(written, name=name)
            assert (kind, written) in found(text), text


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("US_SSN", grouped(3, 2, 4, by="-")),
        ("UK_NHS", grouped(3, 3, 4)),
        ("IN_AADHAAR", grouped(4, 4, 4)),
        ("DE_TAX_ID", grouped(2, 3, 3, 3)),
        ("FR_NIR", grouped(1, 2, 2, 2, 3, 3, 2)),
        ("SE_PERSONNUMMER", grouped(6, 4, by="-")),
        ("CA_SIN", grouped(3, 3, 3, by="-")),
        ("ES_NIF", str),
        ("IT_FISCAL_CODE", str),
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "it says {}, see", "({})", "[{}]", '"{}";', "{}\n", "\n{}.", "a;{};b"]
)
def test_a_distinctive_form_needs_no_context_word(
    kind: str, write: Callable[[str], str], around: str
) -> None:
    rng = random.Random(kind)
    for _ in range(12):
        written = write(NUMBERS[kind][0](rng))
        assert (kind, written) in found(around.format(written))


@pytest.mark.parametrize(
    "kind",
    [
        "UK_NHS",
        "IN_AADHAAR",
        "DE_TAX_ID",
        "FR_NIR",
        "BR_CPF",
        "NL_BSN",
        "PL_PESEL",
        "CA_SIN",
        "AU_TFN",
        "SE_PERSONNUMMER",
    ],
)
@given(seed=st.integers(0, 2**32), step=st.integers(1, 9))
def test_a_number_with_a_wrong_last_digit_is_not_found(kind: str, seed: int, step: int) -> None:
    make, name, _ = NUMBERS[kind]
    number = make(random.Random(seed))
    wrong = number[:-1] + str((int(number[-1]) + step) % 10)

    assert kind not in {found_kind for found_kind, _ in found(f"{name}: {wrong}")}


@pytest.mark.parametrize(
    "text",
    [
        "order 9434765919",
        "111222333 EUR",
        "id 44051401359",
        "123 456 782 euro",
        "0.9434765919",
        "call 943 476 5919",
        "2341 2341 2346 2341",
        "order 943 476 5919",
        "ticket id 536-90-4399",
        "2013-09-06T22:01:49.124817Z",
    ],
)
def test_digits_without_context_are_no_national_number(text: str) -> None:
    assert not {kind for kind, _ in found(text)} & set(NUMBERS)


def test_the_nearest_context_word_decides_between_two_kinds() -> None:
    text = "SIN 046 454 286 and BSN 111222333"

    assert ("NL_BSN", "111222333") in found(text)
    assert ("CA_SIN", "046 454 286") in found(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("AHV 756.9217.0769.85", "756.9217.0769.85"),
        ("rijksregisternummer 85.07.30-033.28", "85.07.30-033.28"),
        ("HETU 131052-308T", "131052-308T"),
        ("NRIC S1234567D", "S1234567D"),
        ("CURP BOXW310820HNERXN09", "BOXW310820HNERXN09"),
        ("Medicare 2123 45670 1", "2123 45670 1"),
    ],
)
def test_numbers_of_other_countries_are_government_ids(text: str, value: str) -> None:
    assert ("GOVERNMENT_ID", value) in found(text)
