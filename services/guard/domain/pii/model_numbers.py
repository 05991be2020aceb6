"""Which numbers of the token classifier are personal: those named as a document, account or telephone."""

import re

from services.guard.domain.pii import phones
from services.guard.domain.pii.number_labels import number_label
from services.guard.domain.pii.number_words import FIRST_UNSPACED
from services.guard.domain.pii.phone_context import has_phone_word
from services.guard.domain.text.types import CharSpan

KINDS_BY_LABEL = {
    "phone": "PHONE_NUMBER",
    "licence": "DRIVERS_LICENSE",
    "identity": "GOVERNMENT_ID",
    "passport": "PASSPORT",
    "tax": "TAX_ID",
    "bank": "BANK_ACCOUNT",
}
NUMBER_KINDS = frozenset(KINDS_BY_LABEL.values())
MIN_DIGITS, MIN_LICENCE_CHARS, MIN_PHONE_DIGITS = 5, 7, 7
MAX_CHARS = 34
"""No number of a person is longer; an IBAN has as many characters."""
OTHER_NUMBER = re.compile(
    r"\d+[.,]\d+|(?:\d{1,3}\.){3}\d{1,3}|(?:\d{1,3}[.,]){2,5}\d{3}|\d{4}-\d\d-\d\d"
    r"|1[5-9]\d{14}(?:\d{3})?|0x[0-9A-Fa-f]{4,32}|(?=\d{0,32}[a-f])[0-9a-f]{12,64}"
)
"""Decimals, IP addresses, separators of thousands, dates, moments in small units, pointers and hashes."""
PART_BEFORE = re.compile(r"(?:\d[.,:/]|[A-Za-z0-9_][_/-]|[a-z_]\(|[#$€£%<=])\Z")
PART_BEHIND = re.compile(r"[.,:/]\d|_|-[A-Za-z0-9]|%")
PHONE_BEHIND = re.compile(r"[ -]{1,3}\(?(?:office|home|work|mobile|cell|fax|direct)(?![^\W_])", re.IGNORECASE)
"""What stands behind telephone numbers on business cards."""
NUMBER_BEGIN = re.compile(r"[+(]?[A-Za-z0-9]")
MAX_SIGN_CHARS = 2
IDENTIFIER = re.compile(r"\(?[A-Z][A-Z0-9]{1,11}-\d")
"""The key of a register or project before its number: `CVE-2025-1234`."""
GROUPED = re.compile(r"\d[ .-]\d")
GROUPS_BEFORE = re.compile(r"(?<![\w.,/:+#$€£%-])(?:\d{1,6}[ .-]){1,4}\Z")
_DATE = r"(?:\d{4}[./-]\d\d?|\d\d?[./-]\d\d?)[./-]\d|(?:19|20)\d\d(?!\d)"
GROUPS_BEHIND = re.compile(rf"(?:[ .-](?!{_DATE})\d{{1,6}}(?![\w:/%])){{1,4}}(?![.,-]\d| ?[%€$£])")
"""Digit groups beside a part of a number; not a date, time, year or amount."""
MAX_GROUPS_CHARS = 30


def number_start(text: str, start: int, end: int) -> int:
    """Where the number begins in a run of characters without spaces: behind its label in that run."""
    if text[start] < FIRST_UNSPACED:
        return start
    first = NUMBER_BEGIN.search(text, start, end)
    return first.start() if first else start


def whole_number(text: str, start: int, end: int) -> CharSpan:
    """The span with the digit groups beside it, as far as the same words stand before and behind it."""
    kind = _kind_by_words(text, start, end)
    before = GROUPS_BEFORE.search(text, max(0, start - MAX_GROUPS_CHARS), start)
    if before is not None and text[start].isdigit() and _kind_by_words(text, before.start(), end) == kind:
        start = before.start() if end - before.start() <= MAX_CHARS else start
    behind = GROUPS_BEHIND.match(text, end)
    if behind is not None and GROUPED.search(text, start, end) and text[end - 1].isdigit():
        is_near = behind.end() - start <= MAX_CHARS and _kind_by_words(text, start, behind.end()) == kind
        end = behind.end() if is_near else end
    return start, end


def personal_number_kind(text: str, start: int, end: int) -> str | None:
    """The kind of the number by the nearest word beside it; None if no word says that it is personal.

    The classifier tells numbers of persons from words well, but their kinds, and other numbers, badly.
    """
    kind = _kind_by_words(text, start, end)
    if kind is None or _is_part(text, start, end):
        return None
    written = text[start:end]
    digits = sum(map(str.isdigit, written))
    min_digits = MIN_PHONE_DIGITS if kind == "PHONE_NUMBER" else MIN_DIGITS
    min_chars = MIN_LICENCE_CHARS if kind == "DRIVERS_LICENSE" else MIN_DIGITS
    is_of_length = digits >= min_digits and min_chars <= len(written) <= MAX_CHARS
    is_other = OTHER_NUMBER.fullmatch(written) or phones.OTHER_NUMBER.fullmatch(written)
    is_other = is_other or (kind == "PHONE_NUMBER" and _is_identifier(text, start, end))
    return kind if is_of_length and not is_other else None


def _kind_by_words(text: str, start: int, end: int) -> str | None:
    label = number_label(text, start, end)
    is_phone = label is None and has_phone_word(text, start, end)
    if is_phone or PHONE_BEHIND.match(text, end):
        return "PHONE_NUMBER"
    return None if label is None else KINDS_BY_LABEL.get(label.kind)


def _is_identifier(text: str, start: int, end: int) -> bool:
    """Whether it is the number of a register, standard or project."""
    if IDENTIFIER.match(text, start, end):
        return True
    return phones.NO_PHONE_BEFORE.search(text, max(0, start - phones.MAX_CODE_CHARS), start) is not None


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether the number is a part of an identifier, a decimal or an amount."""
    before = text[max(0, start - MAX_SIGN_CHARS) : start]
    return PART_BEFORE.search(before) is not None or PART_BEHIND.match(text, end) is not None
