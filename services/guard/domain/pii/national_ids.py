"""Numbers that a state issues to persons, by check digit and by context words or a distinctive grouping."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.context import NO_CONTEXT, context_distance, context_words, has_context
from services.guard.domain.pii.country_kind_formats import COUNTRY_KIND_FORMATS
from services.guard.domain.pii.national_id_format import NationalIdFormat
from services.guard.domain.pii.number_labels import is_labelled_not_personal
from services.guard.domain.pii.shared_kind_formats import SHARED_KIND_FORMATS
from services.guard.domain.text.types import CharSpan

DIGIT_STRETCH = re.compile(r"\d(?:[ ./+\u2010-\u2015-]{0,3}[A-Za-z]{0,2}[ -]?\d)*+")
"""Digits with what may be between the digits of one number."""
DIGIT = re.compile(r"\d")
MAX_LETTERS_AROUND = 9
"""How far a number may extend beyond its digits at either end."""
PHONE_WORDS = context_words(
    r"phone", r"tel\w{0,6}", r"call", r"mobile", r"cell", r"fax", r"whatsapp", r"ring", r"sms", r"text"
)
NATIONAL_ID_FORMATS = (*COUNTRY_KIND_FORMATS, *SHARED_KIND_FORMATS)
"""Of formats that match equally well, the first one counts."""


def national_ids(text: str) -> Iterator[tuple[str, CharSpan]]:
    """The kind and span of each number; of overlapping ones, those with the nearest context word."""
    candidates: list[tuple[int, str, CharSpan]] = []
    for stretch in DIGIT_STRETCH.finditer(text):
        digits = len(DIGIT.findall(stretch.group()))
        start, end = max(0, stretch.start() - MAX_LETTERS_AROUND), stretch.end() + MAX_LETTERS_AROUND
        for id_format in NATIONAL_ID_FORMATS:
            if digits >= id_format.min_digits:
                candidates += _candidates(text, start, end, id_format)
    last_end = -1
    for _, kind, span in sorted(candidates, key=_preference):
        if span[0] >= last_end:
            yield kind, span
            last_end = span[1]


def _preference(candidate: tuple[int, str, CharSpan]) -> tuple[int, int, int]:
    """By start, then the smaller distance to a context word, then the longer number."""
    distance, _, (start, end) = candidate
    return start, distance, -end


def _candidates(
    text: str, start: int, end: int, id_format: NationalIdFormat
) -> Iterator[tuple[int, str, CharSpan]]:
    """Distance to a context word, kind and span of each number in this format."""
    for match in id_format.pattern.finditer(text, start, end):
        if not id_format.is_valid(match.group()):
            continue
        distance = context_distance(text, *match.span(), id_format.context)
        is_distinctive = _is_distinctive(text, match, id_format)
        if distance == NO_CONTEXT and not is_distinctive:
            continue
        if not is_labelled_not_personal(
            text, *match.span(), distance, id_format.context, is_formatted=is_distinctive
        ):
            yield distance, id_format.kind, match.span()


def _is_distinctive(text: str, match: re.Match[str], id_format: NationalIdFormat) -> bool:
    pattern = id_format.distinctive_pattern
    if pattern is None or not pattern.fullmatch(match.group()):
        return False
    # A British NHS number is grouped like a North American telephone number.
    is_phone = id_format.kind == "UK_NHS" and has_context(text, *match.span(), PHONE_WORDS)
    return not is_phone
