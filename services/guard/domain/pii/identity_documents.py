"""Passports, driving licences and dates of birth, by check digits or by the words before them."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

MRZ = re.compile(
    r"(?<![A-Z0-9<])(?:[PVIAC][A-Z0-9<]{29,43}[ ]{0,2}\r?\n[ ]{0,4})?([A-Z0-9<]{30,44})(?![A-Z0-9<])"
    r"(?:[ ]{0,2}\r?\n[ ]{0,4}[A-Z]{1,40}<<[A-Z<]{3,40})?"
)
MRZ_NUMBER_LINE = re.compile(r"([A-Z0-9<]{9})(\d)[A-Z<]{3}(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z0-9<]{2,16}")
MRZ_CARD_LINE = re.compile(r"[IAC][A-Z<][A-Z<]{3}([A-Z0-9<]{9})(\d)[A-Z0-9<]{15}")
MRZ_WEIGHTS = (7, 3, 1)

_GAP = (
    r"[\"'”]?(?: ?(?:is|lautet|ist|est|es|[èé]|number|no|nr|num|id|#|n[ºo°]|card|issued|code|:|=|-|,|\."
    r"|\"|'|\(|\|)){0,5}(?: {0,3}| {0,3}\r?\n {0,8})[\"'#]?"
)
"""What may stand between the word and the number, which may also stand alone in the next line."""
PASSPORT = re.compile(
    r"(?<![^\W_])(?:passport|passeport|pasaporte|passaporto|paspoort|reise?pass|passaporte"
    r"|paszport\w{0,2}|pass(?:nummer|nr))(?:nummer|nr)?" + _GAP + r"(?<![^\W_])"
    r"((?=[A-Z]{0,3} ?\d)(?:[A-Z]{1,3} ?\d{5,9}|\d{7,9}[A-Z]?|\d{2}[A-Z]{2}\d{5}"
    r"|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}))(?![^\W_])",
    re.IGNORECASE,
)
LICENCE = re.compile(
    r"(?<![^\W_])(?:driv(?:er|ing)(?:'?s)?[ _-]?licen[cs]es?|dl(?: ?(?:no|number|#))?|f[üu]hrerschein\w{0,8}|"
    r"permis de conduire|(?:carnet|permiso|licencia) de conducir|patente(?: di guida)?"
    r"|rijbewijs(?:nummer)?|carta de condu[çc][ãa]o|cnh|prawo jazdy)" + _GAP + r"(?<![^\W_])"
    r"((?=[A-Z]{0,5}[ -]?\d)[A-Z]{0,5}[ -]?\d(?:[ -]?[A-Z0-9]){4,17})(?![^\W_])",
    re.IGNORECASE,
)
BARE_LICENCE = re.compile(
    r"(?<![^\W_])(?<!software )(?<!program )(?<!product )(?<!business )(?<!windows )(?<!office )"
    r"licen[cs]e(?: (?:numbers?|no\.?|nr\.?|id))?(?: is)?[ :#]{1,3}(?<![^\W_])"
    r"([A-Z]{1,2}\d{6,14}|[A-Z]{5}\d{6}[A-Z0-9]{5,7})(?![^\W_])",
    re.IGNORECASE,
)
"""Of the numbers behind the bare word, only those that begin with letters are of drivers."""
LINE_END = re.compile(r"[ \t]{0,8}(?:\r?\n|\Z)")
MIN_DIGITS = 5

_MONTH = (
    r"(?:jan|feb|m[aä]r|apr|mai|may|mayo|jun|jul|aug|ago|ao[uû]|sep|set|o[ck]t|out|nov|de[cz]|d[ée]c|gen|mag"
    r"|giu|lug|ott|dic|ene|abr|avr|mrt|mei|fev|f[ée]v|maggio|f[ée]b)[^\W\d_]{0,8}\.?"
)
DATE = (
    r"(?:\d{1,2}[ ]?[./\u2010-\u2015-][ ]?\d{1,2}[ ]?[./\u2010-\u2015-][ ]?(?:\d{4}|\d{2})"
    r"|\d{4}[./\u2010-\u2015-]\d{1,2}[./\u2010-\u2015-]\d{1,2}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.|er|º)?[ -](?:of |de )?{_MONTH}(?: de|,)?[ -]\d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
BIRTH_DATE = re.compile(
    r"(?<![^\W_])(?:date[ _]of[ _]birth|birth[ _-]?da(?:te|y)|d\.?o\.?b\.?|geb(?:urtsdatum|\.|oren)?"
    r"|geburtstag|date de naissance|n(?:é|ée|ee|e(?= le))|fecha de nacimiento|nacid[oa]|"
    r"data di nascita|nat[oa]|data de nascimento|nascid[oa]|geboorte(?:datum)?|geboren|f[øo]dselsdato"
    r"|data urodzenia|born)"
    r"[\"']?(?:[ ]?(?:is|was|on|am|ist|le|el|il|em|op|est|es|:|=|-|\||,|\"|'|\()){0,4} {0,3}[\"']?"
    rf"({DATE})(?!\d)",
    re.IGNORECASE,
)
PAST_CENTURIES = re.compile(r"(?<!\d)1[0-8]\d\d(?!\d)")
"""Years before 1900, in which nobody living was born."""


def mrz_lines(text: str) -> Iterator[CharSpan]:
    """The machine-readable lines of a passport, visa or identity card whose check digits are valid."""
    for match in matches(MRZ, text):
        if "<" in match.group() and any(
            _has_valid_check_digits(line) for line in (match[1], match.group()[:30])
        ):
            yield match.span()


def _has_valid_check_digits(line: str) -> bool:
    match = MRZ_NUMBER_LINE.fullmatch(line) or MRZ_CARD_LINE.fullmatch(line)
    if match is None:
        return False
    values, digits = match.groups()[::2], match.groups()[1::2]
    return all(_check_digit(value) == int(digit) for value, digit in zip(values, digits, strict=True))


def _check_digit(value: str) -> int:
    """By ICAO 9303: letters count from 10, the filler `<` as 0; the weights are 7, 3, 1."""
    total = sum(
        (0 if character == "<" else int(character, 36)) * MRZ_WEIGHTS[index % 3]
        for index, character in enumerate(value)
    )
    return total % 10


def passport_numbers(text: str) -> Iterator[CharSpan]:
    """Numbers directly after a word for a passport."""
    yield from _numbers_after(PASSPORT, text)


def licence_numbers(text: str) -> Iterator[CharSpan]:
    """Numbers directly after words for a driving licence."""
    yield from _numbers_after(LICENCE, text)
    yield from _numbers_after(BARE_LICENCE, text)


def birth_dates(text: str) -> Iterator[CharSpan]:
    """Dates directly after words for a birth or birthday."""
    for match in matches(BIRTH_DATE, text):
        if not PAST_CENTURIES.search(match[1]):
            yield match.span(1)


def _numbers_after(pattern: re.Pattern[str], text: str) -> Iterator[CharSpan]:
    for match in matches(pattern, text):
        is_alone = "\n" not in text[match.start() : match.start(1)] or LINE_END.match(text, match.end(1))
        if is_alone and sum(character.isdigit() for character in match[1]) >= MIN_DIGITS:
            yield match.span(1)


RECOGNISERS = (
    Recogniser("PASSPORT", mrz_lines, required="<", rank=90),
    Recogniser("PASSPORT", passport_numbers, min_digits=5, rank=91),
    Recogniser("DRIVERS_LICENSE", licence_numbers, min_digits=5, rank=92),
    Recogniser("DATE_OF_BIRTH", birth_dates, min_digits=4, score=FORMAT_ONLY_SCORE, rank=93),
)
