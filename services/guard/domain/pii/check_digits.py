"""Check digits of national numbers: python-stdnum's where it has them, a few lines where it has not."""

import re
from collections.abc import Callable
from importlib import import_module

from stdnum import luhn
from stdnum.de import idnr
from stdnum.in_ import pan

DASHES = re.compile(r"[\u2010-\u2015]")
SEPARATORS = re.compile(r"[ .\u2010-\u2015-]")
NINO_PREFIX = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]")
NRIC_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
MEDICARE_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9)


def is_valid_by(name: str) -> Callable[[str], bool]:
    """The check of a module of python-stdnum; one repeated digit is a placeholder everywhere."""
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid

    def is_valid(written: str) -> bool:
        digits = [character for character in written if character.isdigit()]
        return len(set(digits)) > 1 and (
            check(DASHES.sub("-", written)) or check(SEPARATORS.sub("", written))
        )

    return is_valid


def is_nino(written: str) -> bool:
    """A British national insurance number: no check digit, but prefixes that are never given out."""
    return NINO_PREFIX.match(written.upper()) is not None


def is_pan(written: str) -> bool:
    """An Indian permanent account number says in its fourth letter whose it is; only a person's is personal, but firms may be one person."""
    return pan.is_valid(written.upper())


def is_german_tax_id(written: str) -> bool:
    """Eleven digits of which exactly one is there two or three times, and a check digit."""
    return idnr.is_valid(SEPARATORS.sub("", written))


def is_sin(written: str) -> bool:
    """A Canadian social insurance number, also one that starts with 0 or 8, which examples use and a mistake in a range would miss."""
    digits = SEPARATORS.sub("", written)
    return len(set(digits)) > 1 and luhn.is_valid(digits)


def is_nric(written: str) -> bool:
    """A Singaporean NRIC or FIN: weighted digits choose the last letter (python-stdnum has none)."""
    letter, digits, last = written[0].upper(), written[1:-1], written[-1].upper()
    total = sum(weight * int(digit) for weight, digit in zip(NRIC_WEIGHTS, digits, strict=True)) + (
        4 if letter in "TG" else 0
    )
    return ("JZIHGFEDCBA" if letter in "ST" else "XWUTRQPNMLK")[total % 11] == last


def is_medicare(written: str) -> bool:
    """An Australian Medicare number: the ninth digit checks the eight before it (python-stdnum has none)."""
    digits = [int(character) for character in written if character.isdigit()]
    return (
        sum(weight * digit for weight, digit in zip(MEDICARE_WEIGHTS, digits[:8], strict=True)) % 10
        == digits[8]
    )
