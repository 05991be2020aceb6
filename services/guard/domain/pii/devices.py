"""Identifiers of devices of a person: phones (IMEI), vehicles (VIN) and network interfaces (MAC)."""

import re
from collections.abc import Iterator

from stdnum import luhn

from services.guard.domain.pii.context import context_words, has_context
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

IMEI = re.compile(r"(?<![^\W_])(?<!\d[ .-])\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d(?![^\W_]|[ .-]\d)")
IMEI_WORDS = context_words("imei", r"handset", r"(?:device|handset|phone|mobile) serial", r"device id")
VIN = re.compile(r"(?<![^\W_])(?=[A-Z]{0,16}\d)(?=\d{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}(?![^\W_])", re.IGNORECASE)
VIN_WORDS = context_words(
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
NORTH_AMERICAN_PREFIXES = "12345"
MAC = re.compile(
    r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])"
    r"|(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])"
)
SEPARATORS = re.compile(r"[ .:-]")
MIN_DIFFERENT_CHARACTERS = 3


def imeis(text: str) -> Iterator[CharSpan]:
    """IMEIs with a context word, since their check digit is the same as that of payment cards."""
    for match in matches(IMEI, text):
        digits = SEPARATORS.sub("", match.group())
        if len(set(digits)) > 1 and luhn.is_valid(digits) and has_context(text, *match.span(), IMEI_WORDS):
            yield match.span()


def vin_numbers(text: str) -> Iterator[CharSpan]:
    """Vehicle identification numbers with a context word, and in North America with a valid check digit."""
    for match in matches(VIN, text):
        number = match.group().upper()
        is_valid = number[0] not in NORTH_AMERICAN_PREFIXES or _vin_check_digit(number) == number[8]
        is_valid = is_valid and len(set(number)) > MIN_DIFFERENT_CHARACTERS
        if is_valid and has_context(text, *match.span(), VIN_WORDS):
            yield match.span()


def _vin_check_digit(number: str) -> str:
    total = sum(VIN_VALUES[character] * weight for character, weight in zip(number, VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11]


def mac_addresses(text: str) -> Iterator[CharSpan]:
    """MAC addresses of single devices, without multicast addresses and placeholders."""
    for match in matches(MAC, text):
        digits = SEPARATORS.sub("", match.group())
        if len(set(digits)) >= MIN_DIFFERENT_CHARACTERS and not int(digits[1], 16) & 1:
            yield match.span()


RECOGNISERS = (
    Recogniser("IMEI", imeis, min_digits=14, rank=40),
    Recogniser("MAC_ADDRESS", mac_addresses, rank=70),
    Recogniser("VIN", vin_numbers, min_digits=2, rank=100),
)
