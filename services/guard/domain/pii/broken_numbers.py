"""Finds numbers with digits of other scripts, unusual separators, or line breaks inside them."""

import re
import unicodedata
from collections.abc import Iterator

from services.guard.domain.pii.context import context_words
from services.guard.domain.pii.payment import NETWORKS, card_numbers, ends_iban, iban_length, is_iban
from services.guard.domain.text.boundaries import NO_LATIN_BEFORE, NO_LATIN_BEHIND
from services.guard.domain.text.offset_maps import Replacement
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

LAST_DIGIT_CODE = 0x1FFFF
_ASCII_OF = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x80, LAST_DIGIT_CODE + 1)
    if unicodedata.category(chr(code)) == "Nd"
}
_OTHER_DIGITS = re.compile(f"[{''.join(map(chr, _ASCII_OF))}]{{1,64}}")
DIGIT_SIGNS = b"|".join(chr(code).encode() for code in (*_ASCII_OF, 0x3002, 0xFF61))
NUMBER_SIGNS = (
    rb"[0-9]{4}[ \t]?<[^<>\n]{1,40}>[ \t]?(?:\r?\n)?[0-9<]"
    rb"|[0-9]{4}[^0-9A-Za-z]{1,24}(?:[0-9]{4}|[0-9]{6}[^0-9A-Za-z]{1,24}[0-9]{4})"
    rb"|[0-9](?:-|[\x{2010}-\x{2015}])[ \t]{0,2}\r?\n[ \t>]{0,8}[0-9]"
    rb"|(?:[A-Z]{2}|[a-z]{2})[0-9]{2}[^0-9A-Za-z]{1,24}[A-Za-z0-9]{2}"
)
"""Bytes, one of which every text with such digits or numbers has, as a pattern for RE2."""
_POINT = re.compile(r"(?<=[A-Za-z0-9])[\u3002\uff61](?=[A-Za-z0-9])")
_LINE_END_HYPHEN = re.compile(r"(?<=\d)[-\u2010-\u2015][ \t]{0,2}\r?\n[ \t>]{0,8}(?=\d)")
_TAG = r"</?[A-Za-z]{1,8}[^<>\n]{0,40}>"
_MARK = rf"(?:[-\u2010-\u2015\u2212_/|,;:.*~#'\u2019\u00b7\u2022]|(?:{_TAG}){{1,3}})"
_SEPARATOR = rf"(?:[ \t]{{0,3}}{_MARK}?[ \t]{{0,3}}(?:\r?\n[ \t>]{{0,8}})?)"
_GROUPS = re.compile(
    rf"{NO_LATIN_BEFORE}(?<![_.+/\\-])\d{{4}}(?:{_SEPARATOR}(?:\d{{4}}{_SEPARATOR}\d{{4}}{_SEPARATOR}\d{{4}}(?:{_SEPARATOR}\d{{3}})?"
    rf"|\d{{6}}{_SEPARATOR}\d{{4,5}})){NO_LATIN_BEHIND}(?![_/\\-]|\.\w)"
)
_HALVES = re.compile(r"(?<![\w.+-])\d{4,15}[-\u2010-\u2015][ \t]{0,2}\r?\n[ \t>]{0,8}\d{4,15}(?![\w-])")
_NUMBER_BEFORE = re.compile(rf"\d{{4}}{_SEPARATOR}\Z")
_NUMBER_AFTER = re.compile(rf"{_SEPARATOR}\d{{4}}")
_GAP = re.compile(rf"(?:{_TAG}|[^0-9A-Za-z<]){{1,24}}")
_USUAL_GAP = re.compile(r" {1,2}| ?[-\u2010-\u2015.] ?")
_COLUMN_GAP = re.compile(r"[ \t]{0,3}[|,;\t][ \t]{0,3}|[ \t]{0,3}\r?\n[ \t>]{0,8}|[ \t]{3,12}")
_CARD_WORDS = context_words(
    r"(?:credit|debit|bank) ?card\w{0,8}", r"cards?(?: (?:no|number))?", "visa", "mastercard", "amex",
    r"(?:kredit|debit|bank)?karten?(?:nummer|nr)?", "tarjeta", "carte", "carta", r"cart[ãa]o", "kaart",
    r"карт[аыуе]", r"kart\w?", "pan", "信用卡", "カード", "카드",
)  # fmt: skip
MAX_WORD_DISTANCE = 80
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{2}|[a-z]{2})\d{2}(?=[^0-9A-Za-z]{1,24}[A-Za-z0-9]{2}|<)")
_IBAN_GAP = re.compile(rf"{_SEPARATOR}(?=[A-Za-z0-9])")
IBAN_GROUP_CHARS = 4


def ascii_digits(text: str) -> Iterator[Replacement]:
    """Digits of other scripts as ASCII digits, and the points of other scripts between Latin characters."""
    for pattern in (_OTHER_DIGITS, _POINT):
        for match in pattern.finditer(text):
            yield Replacement(
                *match.span(), match.group().translate(_ASCII_OF) if pattern is _OTHER_DIGITS else "."
            )


def joined_numbers(text: str) -> Iterator[Replacement]:
    """The separators inside one number that recognisers do not know; not those between two numbers."""
    yield from _joined_ibans(text)
    yield from _joined_cards(text)
    for match in matches(_LINE_END_HYPHEN, text):
        yield Replacement(*match.span(), "-")


def _joined_ibans(text: str) -> Iterator[Replacement]:
    for match in matches(_IBAN_START, text):
        length = iban_length(match.group()[:2].upper())
        gaps = _iban_gaps(text, match.start(), length) if length else None
        if gaps is None:
            continue
        for start, end in gaps:
            if text[start:end] not in (" ", "-"):
                yield Replacement(start, end, " ")


def _iban_gaps(text: str, start: int, length: int) -> list[CharSpan] | None:
    """The gaps between the groups of an IBAN with valid check digits; None where there is none."""
    gaps: list[CharSpan] = []
    written = ""
    position = start
    while len(written) < length:
        group = text[position : position + min(IBAN_GROUP_CHARS, length - len(written))]
        if not group.isalnum():
            return None
        written += group
        position += len(group)
        if len(written) < length:
            gap = _IBAN_GAP.match(text, position)
            if gap is None:
                return None
            if gap.group():
                gaps.append(gap.span())
            position = gap.end()
    if not ends_iban(text, start, position) or not is_iban(written):
        return None
    return gaps


def _joined_cards(text: str) -> Iterator[Replacement]:
    for pattern in (_GROUPS, _HALVES):
        for match in matches(pattern, text):
            gaps = [gap.span() for gap in _GAP.finditer(text, *match.span())]
            if not _is_broken_card(text, match, gaps):
                continue
            new = " " if pattern is _GROUPS else ""
            for start, end in gaps:
                if pattern is _HALVES or not _USUAL_GAP.fullmatch(text[start:end]):
                    yield Replacement(start, end, new)


def _is_of_network(digits: str) -> bool:
    return any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in NETWORKS)


def _is_broken_card(text: str, match: re.Match[str], gaps: list[CharSpan]) -> bool:
    """Whether it is a card's number alone, and not the cells of a table or numbers one below the other."""
    written = [text[start:end] for start, end in gaps]
    if all(map(_USUAL_GAP.fullmatch, written)):
        return False
    digits = _GAP.sub("", match.group())
    if not _is_of_network(digits) or [*card_numbers(digits)] != [(0, len(digits))]:
        return False
    if _NUMBER_BEFORE.search(text, max(0, match.start() - 32), match.start()) or _NUMBER_AFTER.match(
        text, match.end()
    ):
        return False
    has_cells = any("," in gap or ";" in gap or "|" in gap for gap in written)
    if not has_cells and not all(map(_COLUMN_GAP.fullmatch, written)):
        return True
    before = text[max(0, match.start() - MAX_WORD_DISTANCE) : match.start()]
    return _CARD_WORDS.search(before) is not None
