"""Numbers of machines that belong to a person: telephones (IMEI), vehicles (VIN), network cards (MAC)."""

import re
from collections.abc import Iterator

from stdnum import luhn

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

IMEI = re.compile(r"(?<![^\W_])(?<!\d[ .-])\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d(?![^\W_]|[ .-]\d)")
IMEI_NAMES = context_words("imei", r"handset", r"serial", r"device id")
VIN = re.compile(r"(?<![^\W_])(?=[A-Z]{0,16}\d)[A-HJ-NPR-Z0-9]{17}(?![^\W_])", re.IGNORECASE)
VIN_NAMES = context_words(
    "vin",
    r"vehicle",
    r"chassis",
    r"fahrgestell\w{0,8}",
    r"fin",
    r"bastidor",
    r"telaio",
    r"ch[âa]ssis",
    r"car",
)
VIN_VALUES = dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ0123456789",
        (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)),
        strict=True,
    )
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
NORTH_AMERICA = "12345"
MAC = re.compile(
    r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])|(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])"
)
SEPARATORS = re.compile(r"[ .:-]")
LEAST_DIFFERENT = 3


def imeis(text: str) -> Iterator[Range]:
    """Serial numbers of mobile telephones, where a word says so: the check digit is also that of many cards."""
    for match in matches(IMEI, text):
        digits = SEPARATORS.sub("", match.group())
        if len(set(digits)) > 1 and luhn.is_valid(digits) and has_context(text, *match.span(), IMEI_NAMES):
            yield match.span()


def vin_numbers(text: str) -> Iterator[Range]:
    """Vehicle identification numbers where a word says so; North American ones have a check digit, which then must be right."""
    for match in matches(VIN, text):
        number = match.group().upper()
        is_checked = number[0] not in NORTH_AMERICA or _vin_check(number) == number[8]
        if is_checked and len(set(number)) > LEAST_DIFFERENT and has_context(text, *match.span(), VIN_NAMES):
            yield match.span()


def _vin_check(number: str) -> str:
    rest = (
        sum(VIN_VALUES[character] * weight for character, weight in zip(number, VIN_WEIGHTS, strict=True))
        % 11
    )
    return "0123456789X"[rest]


def mac_addresses(text: str) -> Iterator[Range]:
    """Hardware addresses; nobody's own are those for all and for none, and addresses of a group."""
    for match in matches(MAC, text):
        digits = SEPARATORS.sub("", match.group())
        if len(set(digits)) >= LEAST_DIFFERENT and not int(digits[1], 16) & 1:
            yield match.span()
