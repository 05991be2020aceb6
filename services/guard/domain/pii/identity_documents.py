"""Passports and driving licences: the machine-readable lines with their check digits, and bare numbers beside a word; dates of birth."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

MRZ = re.compile(
    r"(?<![A-Z0-9<])(?:[PVIAC][A-Z0-9<]{29,43}[ ]{0,2}\r?\n[ ]{0,4})?([A-Z0-9<]{30,44})(?![A-Z0-9<])"
    r"(?:[ ]{0,2}\r?\n[ ]{0,4}[A-Z]{1,40}<<[A-Z<]{3,40})?"
)
PASSPORT_LINE = re.compile(r"([A-Z0-9<]{9})(\d)[A-Z<]{3}(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z0-9<]{2,16}")
CARD_LINE = re.compile(r"[IAC][A-Z<][A-Z<]{3}([A-Z0-9<]{9})(\d)[A-Z0-9<]{15}")
WEIGHTS = (7, 3, 1)

_GAP = r"[\"'”]?(?: ?(?:is|lautet|ist|est|es|[èé]|number|no|nr|num|id|#|n[ºo°]|card|issued|code|:|=|-|,|\.|\"|'|\(|\|)){0,5} {0,3}[\"'#]?"
PASSPORT = re.compile(
    r"(?<![^\W_])(?:passport|passeport|pasaporte|passaporto|paspoort|reise?pass|passaporte|paszport\w{0,2}|pass(?:nummer|nr))(?:nummer|nr)?"
    + _GAP
    + r"(?<![^\W_])"
    r"((?=[A-Z]{0,3} ?\d)(?:[A-Z]{1,3} ?\d{5,9}|\d{7,9}[A-Z]?|\d{2}[A-Z]{2}\d{5}|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}))(?![^\W_])",
    re.IGNORECASE,
)
LICENCE = re.compile(
    r"(?<![^\W_])(?:driv(?:er|ing)(?:'?s)?[ _-]?licen[cs]es?|dl(?: ?(?:no|number|#))?|f[üu]hrerschein\w{0,8}|"
    r"permis de conduire|(?:carnet|permiso|licencia) de conducir|patente(?: di guida)?|rijbewijs(?:nummer)?|carta de condu[çc][ãa]o|cnh|prawo jazdy)"
    + _GAP
    + r"(?<![^\W_])"
    r"((?=[A-Z]{0,5}[ -]?\d)[A-Z]{0,5}[ -]?\d(?:[ -]?[A-Z0-9]){4,17})(?![^\W_])",
    re.IGNORECASE,
)
FEWEST_DIGITS = 5

_MONTH = (
    r"(?:jan|feb|m[aä]r|apr|mai|may|mayo|jun|jul|aug|ago|ao[uû]|sep|set|o[ck]t|out|nov|de[cz]|d[ée]c|gen|mag"
    r"|giu|lug|ott|dic|ene|abr|avr|mrt|mei|fev|f[ée]v|maggio|f[ée]b)[^\W\d_]{0,8}\.?"
)
DATE = (
    r"(?:\d{1,2}[ ]?[./\u2010-\u2015-][ ]?\d{1,2}[ ]?[./\u2010-\u2015-][ ]?(?:\d{4}|\d{2})|\d{4}[./\u2010-\u2015-]\d{1,2}[./\u2010-\u2015-]\d{1,2}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.|er|º)?[ -](?:of |de )?{_MONTH}(?: de|,)?[ -]\d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
BIRTH = re.compile(
    r"(?<![^\W_])(?:date[ _]of[ _]birth|birth[ _-]?da(?:te|y)|d\.?o\.?b\.?|geb(?:urtsdatum|\.|oren)?"
    r"|geburtstag|date de naissance|n[ée]e?|fecha de nacimiento|nacid[oa]|"
    r"data di nascita|nat[oa]|data de nascimento|nascid[oa]|geboorte(?:datum)?|geboren|f[øo]dselsdato|data urodzenia|born)"
    r"[\"']?(?:[ ]?(?:is|was|on|am|ist|le|el|il|em|op|est|es|:|=|-|\||,|\"|'|\()){0,4} {0,3}[\"']?"
    rf"({DATE})(?!\d)",
    re.IGNORECASE,
)


def mrz_lines(text: str) -> Iterator[Range]:
    """The lines at the foot of a passport, visa or identity card, where all check digits are right; with the line of names."""
    for match in matches(MRZ, text):
        if "<" in match.group() and any(_is_checked(line) for line in (match[1], match.group()[:30])):
            yield match.span()


def _is_checked(line: str) -> bool:
    found = PASSPORT_LINE.fullmatch(line) or CARD_LINE.fullmatch(line)
    if found is None:
        return False
    parts = found.groups()
    return all(_check(value) == int(digit) for value, digit in zip(parts[::2], parts[1::2], strict=True))


def _check(value: str) -> int:
    """ICAO 9303: letters count from 10, filler as 0, weights 7, 3, 1."""
    return (
        sum(
            (0 if character == "<" else int(character, 36)) * WEIGHTS[index % 3]
            for index, character in enumerate(value)
        )
        % 10
    )


def passports(text: str) -> Iterator[Range]:
    """Numbers directly behind the word for a passport."""
    yield from _behind(PASSPORT, text)


def licences(text: str) -> Iterator[Range]:
    """Numbers directly behind the words for a driving licence."""
    yield from _behind(LICENCE, text)


def birth_dates(text: str) -> Iterator[Range]:
    """Dates directly behind the words for a birth."""
    return (match.span(1) for match in matches(BIRTH, text))


def _behind(shape: re.Pattern[str], text: str) -> Iterator[Range]:
    for match in matches(shape, text):
        if sum(character.isdigit() for character in match[1]) >= FEWEST_DIGITS:
            yield match.span(1)
