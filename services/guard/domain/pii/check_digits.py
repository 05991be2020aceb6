"""Check digits of national numbers: by python-stdnum, or here for numbers that it does not support."""

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
    """A check by the python-stdnum module `name`; it also rejects one repeated digit, a usual placeholder."""
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid

    def is_valid(number: str) -> bool:
        digits = [character for character in number if character.isdigit()]
        return len(set(digits)) > 1 and (check(DASHES.sub("-", number)) or check(SEPARATORS.sub("", number)))

    return is_valid


def is_nino(number: str) -> bool:
    """Whether it is a British National Insurance number, by prefix, since the number has no check digit."""
    return NINO_PREFIX.match(number.upper()) is not None


def is_pan(number: str) -> bool:
    """Whether it is an Indian permanent account number of any holder type, since a firm may be one person."""
    return pan.is_valid(number.upper())


def is_german_tax_id(number: str) -> bool:
    """Whether it is a German tax id: 11 digits, exactly one of them two or three times, and a check digit."""
    return idnr.is_valid(SEPARATORS.sub("", number))


def is_sin(number: str) -> bool:
    """Whether it is a Canadian social insurance number, including examples that start with 0 or 8."""
    digits = SEPARATORS.sub("", number)
    return len(set(digits)) > 1 and luhn.is_valid(digits)


def is_nric(number: str) -> bool:
    """Whether it is a Singaporean NRIC or FIN, by its check letter (python-stdnum lacks it)."""
    prefix, digits, check_letter = number[0].upper(), number[1:-1], number[-1].upper()
    total = sum(weight * int(digit) for weight, digit in zip(NRIC_WEIGHTS, digits, strict=True))
    total += 4 if prefix in "TG" else 0
    check_letters = "JZIHGFEDCBA" if prefix in "ST" else "XWUTRQPNMLK"
    return check_letters[total % 11] == check_letter


def is_medicare(number: str) -> bool:
    """Whether it is an Australian Medicare number, by its ninth digit (python-stdnum lacks it)."""
    digits = [int(character) for character in number if character.isdigit()]
    total = sum(weight * digit for weight, digit in zip(MEDICARE_WEIGHTS, digits[:8], strict=True))
    return total % 10 == digits[8]
