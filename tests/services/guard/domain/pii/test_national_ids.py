"""Every number with a check digit is found in the forms in which people write it, and none with a wrong digit."""

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


def digits(chance: random.Random, count: int, first: str = "123456789") -> str:
    return chance.choice(first) + "".join(chance.choice("0123456789") for _ in range(count - 1))


def nhs(chance: random.Random) -> str:
    while True:
        body = digits(chance, 9)
        check = 11 - sum(int(digit) * (10 - index) for index, digit in enumerate(body)) % 11
        if check != 10:
            return body + str(check % 11)


def nir(chance: random.Random) -> str:
    body = (
        chance.choice("12")
        + f"{chance.randint(40, 99):02}{chance.randint(1, 12):02}{chance.randint(1, 95):02}{chance.randint(1, 999):03}{chance.randint(1, 999):03}"
    )
    return body + f"{97 - int(body) % 97:02}"


def bsn_of(chance: random.Random) -> str:
    return next(
        f"{body}{check}"
        for body in iter(lambda: digits(chance, 8), "")
        if (check := bsn.checksum(body + "0") % 11) < 10
    )


def tfn(chance: random.Random) -> str:
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    return next(
        body
        for body in iter(lambda: digits(chance, 9), "")
        if sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11 == 0
    )


def german(chance: random.Random) -> str:
    while True:
        order = chance.sample("0123456789", 10)
        body = [*order[:9], chance.choice(order[:9])]
        chance.shuffle(body)
        if body[0] != "0":
            written = "".join(body)
            return written + mod_11_10.calc_check_digit(written)


def cpf(chance: random.Random) -> str:
    body = digits(chance, 9)
    for start in (10, 11):
        rest = sum(int(digit) * (start - index) for index, digit in enumerate(body)) * 10 % 11
        body += str(rest % 10)
    return body


def swede(chance: random.Random) -> str:
    body = f"{chance.randint(40, 99):02}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(1, 999):03}"
    return body + luhn.calc_check_digit(body)


def pole(chance: random.Random) -> str:
    body = f"{chance.randint(40, 99):02}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(0, 9999):04}"
    return body + pesel.calc_check_digit(body)


def italian(chance: random.Random) -> str:
    letters = "".join(chance.choice("BCDFGLMNPRSTV") for _ in range(6))
    body = f"{letters}{chance.randint(40, 99)}{chance.choice('ABCDEHLMPRST')}{chance.randint(10, 28)}H501"
    return body + codicefiscale.calc_check_digit(body)


def spaniard(chance: random.Random) -> str:
    body = digits(chance, 8)
    return body + dni.calc_check_digit(body)


def grouped(*sizes: int, by: str = " ") -> Callable[[str], str]:
    def write(number: str) -> str:
        ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
        return by.join(number[end - size : end] for end, size in zip(ends, sizes, strict=True))

    return write


NUMBERS: dict[str, tuple[Callable[[random.Random], str], str, tuple[Callable[[str], str], ...]]] = {
    "US_SSN": (
        lambda one: f"{one.randint(100, 660)}{one.randint(10, 99)}{one.randint(1000, 9999)}",
        "SSN",
        (grouped(3, 2, 4, by="-"), grouped(3, 2, 4)),
    ),
    "UK_NHS": (nhs, "NHS number", (grouped(3, 3, 4), grouped(3, 3, 4, by="-"))),
    "IN_AADHAAR": (
        lambda one: (body := digits(one, 11, "23456789")) + verhoeff.calc_check_digit(body),
        "Aadhaar",
        (grouped(4, 4, 4), grouped(4, 4, 4, by="-")),
    ),
    "DE_TAX_ID": (german, "Steuer-ID", (grouped(2, 3, 3, 3),)),
    "ES_NIF": (spaniard, "DNI", (lambda number: number[:8] + "-" + number[8], grouped(2, 3, 3, 1, by="."))),
    "FR_NIR": (nir, "numéro de sécurité sociale", (grouped(1, 2, 2, 2, 3, 3, 2),)),
    "BR_CPF": (cpf, "CPF", (lambda number: f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}",)),
    "IT_FISCAL_CODE": (italian, "codice fiscale", (str.lower, grouped(3, 3, 5, 5))),
    "NL_BSN": (bsn_of, "BSN", (grouped(4, 2, 3, by="."),)),
    "PL_PESEL": (pole, "PESEL", ()),
    "CA_SIN": (
        lambda one: (body := digits(one, 8, "1234567")) + luhn.calc_check_digit(body),
        "SIN",
        (grouped(3, 3, 3), grouped(3, 3, 3, by="-")),
    ),
    "AU_TFN": (tfn, "TFN", (grouped(3, 3, 3),)),
    "SE_PERSONNUMMER": (swede, "personnummer", (grouped(6, 4, by="-"),)),
    "UK_NINO": (
        lambda one: (
            f"{one.choice('ABCEHJ')}{one.choice('ABCEHJ')}{one.randint(100000, 999999)}{one.choice('ABCD')}"
        ),
        "NI number",
        (grouped(2, 2, 2, 2, 1),),
    ),
}


def found(text: str) -> set[tuple[str, str]]:
    return {(span.kind, text[span.start : span.end]) for span in recognise(text)}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_number_with_its_word_is_found_in_every_form(kind: str, form: str) -> None:
    make, name, groupings = NUMBERS[kind]
    chance = random.Random(kind + form)
    for _ in range(12):
        number = make(chance)
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
def test_a_telling_form_needs_no_word(kind: str, write: Callable[[str], str], around: str) -> None:
    chance = random.Random(kind)
    for _ in range(12):
        written = write(NUMBERS[kind][0](chance))
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
def test_a_wrong_last_digit_is_no_such_number(kind: str, seed: int, step: int) -> None:
    make, name, _ = NUMBERS[kind]
    number = make(random.Random(seed))
    wrong = number[:-1] + str((int(number[-1]) + step) % 10)
    assert kind not in {one for one, _ in found(f"{name}: {wrong}")}


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
    ],
)
def test_bare_digits_are_only_digits(text: str) -> None:
    assert not {kind for kind, _ in found(text)} & set(NUMBERS)


def test_the_nearest_word_names_a_number_that_fits_two_kinds() -> None:
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
def test_other_states_numbers_are_government_ids(text: str, value: str) -> None:
    assert ("GOVERNMENT_ID", value) in found(text)
