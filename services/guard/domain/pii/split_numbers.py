"""Numbers behind a word for them whose digits stand singly, on several lines or with unusual marks."""

import re
from collections.abc import Iterator
from itertools import pairwise

from services.guard.domain.pii.context import context_words
from services.guard.domain.pii.number_labels import NUMBER_LABELS, PHONE, label_before
from services.guard.domain.pii.payment import is_iban
from services.guard.domain.text.offset_maps import Replacement
from services.guard.domain.text.windowed_search import matches

_MARKS = "(?:/|\u00b7|\u2212| - )"
SPLIT_SIGNS = (
    rf"[0-9A-Z](?:[ -][0-9A-Z]){{7}}|[0-9]{{3}}{_MARKS}[0-9]{{2}}{_MARKS}[0-9]{{4}}"
    r"|[^0-9,;\t][0-9]{1,4}\r?\n[0-9]{1,4}(?:\r?\n|-)[0-9]"
).encode()
"""Bytes, one of which every text with such a number has, as a pattern for RE2."""
_GAP = r"(?:[^\w\n,;:]{0,3}(?:\r?\n[ \t>]{0,4})?)"
_DIGITS = re.compile(rf"(?<![\w.,])[+(]?-?\d(?:{_GAP}\d){{6,14}}(?!\d)")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_USUAL = re.compile(r"[+(]?\d{2,15}(?:[ ./()-]{1,2}\d{2,15}){0,7}")
_SSN_WORDS = context_words("ssn", r"social[ -]security", "soc(?:ial)? sec", "seguro social")
_SINGLE_DIGITS = re.compile(r"\d(?:\D{1,8}\d){6,14}")
_FORM = re.compile(r"(?:[ ](?:number|num|no|nr)\b)?\W{0,6}(?:is\b\W{0,4})?", re.IGNORECASE)
"""What stands between a word and its number in a form or a short sentence."""
SSN_DIGITS, MIN_PHONE_DIGITS = 9, 7
MAX_WORD_DISTANCE = 40
_SINGLE = re.compile(r"(?<![\w-])[A-Z]([ -])[A-Z]\1\d\1\d(?:\1[A-Z0-9]){11,30}(?![ -]?\w)", re.IGNORECASE)
"""An IBAN with a mark between all of its characters."""


def split_numbers(text: str) -> Iterator[Replacement]:
    """Such numbers as they are usually written, in order."""
    yield from sorted([*_ibans(text), *_labelled(text)])


def _ibans(text: str) -> Iterator[Replacement]:
    for match in matches(_SINGLE, text):
        written = re.sub(r"[ -]", "", match.group())
        if is_iban(written):
            yield Replacement(*match.span(), written)


def _labelled(text: str) -> Iterator[Replacement]:
    for match in matches(_DIGITS, text):
        before = text[max(0, match.start() - MAX_WORD_DISTANCE) : match.start()]
        digits = "".join(filter(str.isdigit, match.group()))
        if _is_count(match.group(), digits):
            continue
        if len(digits) == SSN_DIGITS and _is_ssn(before, match.group()):
            yield Replacement(*match.span(), f"{digits[:3]}-{digits[3:5]}-{digits[5:]}")
        elif (
            len(digits) >= MIN_PHONE_DIGITS and not _USUAL.fullmatch(match.group()) and _is_phone(text, match)
        ):
            sign = "+" if match.group().startswith("+") else ""
            yield Replacement(*match.span(), sign + digits)


def _is_count(written: str, digits: str) -> bool:
    """Whether digits that stand singly go up or down by the same step, or are all the same."""
    steps = {(int(last) - int(first)) % 10 for first, last in pairwise(digits)}
    return len(steps) == 1 and _SINGLE_DIGITS.fullmatch(written) is not None


def _is_ssn(before: str, written: str) -> bool:
    """Digits that stand singly on lines, as a program prints them, need the word right before them."""
    words = list(_SSN_WORDS.finditer(before))
    if not words or _SSN.fullmatch(written):
        return False
    are_lines = "\n" in written and _SINGLE_DIGITS.fullmatch(written) is not None
    return not are_lines or _FORM.fullmatch(before, words[-1].end()) is not None


def _is_phone(text: str, match: re.Match[str]) -> bool:
    label = label_before(text, match.start(), NUMBER_LABELS)
    return label is not None and label.kind == PHONE and label.is_direct
