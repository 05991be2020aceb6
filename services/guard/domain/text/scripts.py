"""Counts the letters of a text that are not Latin, by writing system."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

LATIN, OTHER = "Latn", "Zzzz"
"""The codes (ISO 15924) of the Latin script, and of every script that is not listed here."""
NOT_LATIN = re.compile(
    r"[^\W\d_A-Za-z\u00aa-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2071-\u214f\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f]"
)
"""One letter of any script but Latin; text has to be normalised, so that wide letters are plain ones."""
# First and last code point of the blocks of each script, in order.
_BLOCKS = (
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"),
    (0x0750, 0x077F, "Arab"),
    (0x08A0, 0x08FF, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"),
    (0x1100, 0x11FF, "Hang"),
    (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"),
    (0x1F00, 0x1FFF, "Grek"),
    (0x3040, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hang"),
    (0x31F0, 0x31FF, "Kana"),
    (0x3400, 0x4DBF, "Hani"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xA640, 0xA69F, "Cyrl"),
    (0xAC00, 0xD7AF, "Hang"),
    (0xF900, 0xFAFF, "Hani"),
    (0xFB50, 0xFDFF, "Arab"),
    (0xFE70, 0xFEFF, "Arab"),
    (0x20000, 0x323AF, "Hani"),
)
LETTERS_OF_A_CHARACTER: Mapping[str, int] = MappingProxyType({"Hani": 3, "Kana": 2, "Hang": 2})
"""For how many letters of an alphabet one character of these scripts stands."""
_STARTS = tuple(first for first, _, _ in _BLOCKS)


def letters_by_script(text: str) -> Mapping[str, int]:
    """How many letters of each script but Latin a normalised text has; a syllable or ideograph is several."""
    letters: Counter[str] = Counter()
    if not text.isascii():
        for letter, count in Counter(NOT_LATIN.findall(text)).items():
            script = script_of(letter)
            letters[script] += count * LETTERS_OF_A_CHARACTER.get(script, 1)
    return letters


def latin_letters(text: str) -> int:
    """How many Latin letters a normalised text has."""
    return sum(map(str.isalpha, NOT_LATIN.sub("", text)))


def script_of(letter: str) -> str:
    """The script of a letter that is not Latin, by its block."""
    code = ord(letter)
    index = bisect_right(_STARTS, code) - 1
    return _BLOCKS[index][2] if index >= 0 and code <= _BLOCKS[index][1] else OTHER
