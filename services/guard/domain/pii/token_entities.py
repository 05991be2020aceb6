"""Joins the labelled tokens of a classifier to names, addresses and numbers that are personal data."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.guard.domain.detection import Detection, Span
from services.guard.domain.pii.addresses import whole_address
from services.guard.domain.pii.names import NameIndex, has_capitals, is_listed, is_person, whole_name
from services.guard.domain.text.types import CharSpan

DETECTOR = "ner"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "GIVEN_NAME": "PERSON",
        "SURNAME": "PERSON",
        "PHONE": "PHONE_NUMBER",
        "TAX_ID": "TAX_ID",
        "BANK_ACCOUNT": "BANK_ACCOUNT",
        "ROUTING_NUMBER": "BANK_ACCOUNT",
        "GOVERNMENT_ID": "GOVERNMENT_ID",
        "PASSPORT": "PASSPORT",
        "DRIVERS_LICENSE": "DRIVERS_LICENSE",
        "BUILDING_NUMBER": "ADDRESS",
        "STREET_NAME": "ADDRESS",
        "SECONDARY_ADDRESS": "ADDRESS",
        "CITY": "ADDRESS",
        "STATE": "ADDRESS",
        "ZIP_CODE": "ADDRESS",
    }
)
NUMBER_KINDS = frozenset(
    {"PHONE_NUMBER", "TAX_ID", "BANK_ACCOUNT", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE"}
)
UNIT = re.compile(r"\b(?:flat|studio|apartment|apt|suite|unit|room|floor|no|nr)\.? ?#?\Z", re.IGNORECASE)
MAX_UNIT_CHARS = 12
LABEL_FAMILIES: Mapping[str, str] = MappingProxyType(
    {label: "NUMBER" if kind in NUMBER_KINDS else kind for label, kind in KINDS.items()}
)
"""The family of each label, whose probabilities are added up: all numbers are one, since all are personal."""
MIN_DIGITS, MIN_LICENCE_CHARS = 5, 7
DECIMAL = re.compile(r"\d+[.,]\d+")
LETTER = re.compile(r"[^\W\d_]")
MAX_CONTEXT_CHARS = 40
"""Before a number, in which there must be a letter: in a table of numbers the labels are not reliable."""
MIN_PHONE_DIGITS = 7
MIN_ENTITY_SCORE = 0.6
"""Of the best word of an entity."""
MIN_JOINED_SCORE = 0.2
"""Of a word that is joined to its neighbour."""
MIN_TOKEN_SCORE = 0.05
"""Of a capitalised word that is joined to a name; the classifier need not report tokens below it."""
NAME_WEIGHT = 2.5
"""How much likelier a place must be than a name, since a name labelled as a place would not be masked."""
MIN_STREET_SCORE = 0.98
"""Of a street without a number that counts as an address."""
MAX_GAP_CHARS = 2
MAX_ADDRESS_GAP_CHARS = 12
MAX_TITLE_CHARS = 2


@dataclass(frozen=True, slots=True)
class LabelledToken:
    """A token's span, its likeliest label (never "none", without B- or I-), and the score of its family."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class LabelledWord:
    """A whole word with the labels of its tokens, since to mask a part of a name would not protect it."""

    start: int
    end: int
    kind: str
    labels: frozenset[str]
    score: float


def entities(text: str, tokens: Iterable[LabelledToken]) -> list[Detection]:
    """The personal data in a text; a street with a number is an ADDRESS, a city alone a LOCATION."""
    groups: list[list[LabelledWord]] = []
    for word in _words(text, tokens):
        if groups and _belongs(text, groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [
        span for group in _without_ordinary_words(text, groups) if (span := _span(text, group)) is not None
    ]


def _without_ordinary_words(
    text: str, groups: Sequence[Sequence[LabelledWord]]
) -> list[Sequence[LabelledWord]]:
    """Drop words wrongly labelled as names; a word next to a name in a list is kept as a name."""
    is_lower_case = not has_capitals(text)
    names = {
        id(group)
        for group in groups
        if group[0].kind == "PERSON"
        and is_person(
            text, [(word.start, word.end) for word in group], _score(group), is_lower_case=is_lower_case
        )
    }
    index = NameIndex.of([(group[0].start, group[-1].end) for group in groups if id(group) in names])
    return [
        group
        for group in groups
        if group[0].kind != "PERSON"
        or id(group) in names
        or is_listed(text, (group[0].start, group[-1].end), _score(group), index)
    ]


def _score(group: Sequence[LabelledWord]) -> float:
    return min(max(word.score for word in group), 1.0)


def _words(text: str, tokens: Iterable[LabelledToken]) -> list[LabelledWord]:
    """The labelled words; a word's score is the mean over its characters, 0 for those without a label."""
    words: list[LabelledWord] = []
    boundaries = _WordBoundaries(text)
    for token in sorted(
        (token for token in tokens if token.label in KINDS), key=lambda token: (token.start, token.end)
    ):
        start, end = boundaries.left(token.start), boundaries.right(token.end)
        kind, share = KINDS[token.label], token.score * (token.end - token.start) / max(end - start, 1)
        last = words[-1] if words else None
        if last and start < last.end and kind == last.kind:
            words[-1] = LabelledWord(
                last.start, max(end, last.end), kind, last.labels | {token.label}, last.score + share
            )
        else:
            words.append(LabelledWord(start, end, kind, frozenset({token.label}), share))
    return [word for word in words if word.score >= MIN_TOKEN_SCORE and _is_word(text, word)]


def _is_word(text: str, word: LabelledWord) -> bool:
    """Whether it is more than punctuation, which only begins telephone numbers."""
    written = text[word.start : word.end]
    return any(character.isalnum() for character in written) or (
        word.kind == "PHONE_NUMBER" and written in {"+", "("}
    )


class _WordBoundaries:
    """The boundaries of words; the last ones are kept, so that a word of many tokens is scanned once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = self._right = (0, 0)

    def left(self, offset: int) -> int:
        """The start of the word around this offset, or the offset itself."""
        start, (known_start, known_offset) = offset, self._left
        while start != known_offset and _is_inside(self._text, start):
            start -= 1
        start = known_start if start == known_offset else start
        self._left = start, offset
        return start

    def right(self, offset: int) -> int:
        """The end of the word around this offset, or the offset itself."""
        known_offset, known_end = self._right
        if known_offset <= offset <= known_end:
            return known_end
        end = offset
        while _is_inside(self._text, end):
            end += 1
        self._right = offset, end
        return end


def _is_inside(text: str, index: int) -> bool:
    """Whether the characters before and at this offset are of one word."""
    return 0 < index < len(text) and _is_word_character(text[index - 1]) and _is_word_character(text[index])


def _is_word_character(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) > 0


def _belongs(text: str, group: Sequence[LabelledWord], word: LabelledWord) -> bool:
    last = group[-1]
    gap = text[last.end : word.start]
    if word.kind != last.kind or "\n" in gap:
        return False
    if min(last.score, word.score) < MIN_JOINED_SCORE:
        return (
            word.kind == "PERSON" and gap == " " and all(text[part.start].isupper() for part in (last, word))
        )
    if word.kind == "PERSON" and ("," in gap or "." in gap):
        return _is_same_name(text, group, word, gap)
    return len(gap) <= (MAX_ADDRESS_GAP_CHARS if word.kind == "ADDRESS" else MAX_GAP_CHARS)


def _is_same_name(text: str, group: Sequence[LabelledWord], word: LabelledWord, gap: str) -> bool:
    """Whether a full stop follows an initial or title, or a comma separates surname and given name."""
    if "." in gap:
        last = group[-1]
        return len(gap) <= MAX_GAP_CHARS and (
            last.end - last.start <= MAX_TITLE_CHARS or text[last.start : last.end].lower() == "mrs"
        )
    has_given_name = any("GIVEN_NAME" in part.labels for part in group)
    return len(gap) <= MAX_GAP_CHARS and not has_given_name and "GIVEN_NAME" in word.labels


def _span(text: str, group: Sequence[LabelledWord]) -> Detection | None:
    start, end = group[0].start, group[-1].end
    kind, score = group[0].kind, _score(group)
    if kind == "PERSON":
        return Detection(kind, DETECTOR, round(score, 4), Span(*whole_name(text, start, end)))
    labels = frozenset[str]().union(*(word.labels for word in group))
    before = text[max(0, start - MAX_CONTEXT_CHARS) : start]
    if score < MIN_ENTITY_SCORE or not _is_personal(kind, labels, text[start:end], before):
        return None
    if kind == "ADDRESS":
        if _is_street_address(labels, text[start:end], score):
            start, end = _address_span(text, start, end)
        else:
            kind = "LOCATION"
    return Detection(kind, DETECTOR, round(score, 4), Span(start, end))


def _is_street_address(labels: frozenset[str], address: str, score: float) -> bool:
    if "STREET_NAME" not in labels:
        return False
    return score >= MIN_STREET_SCORE or any(map(str.isdigit, address))


def _address_span(text: str, start: int, end: int) -> CharSpan:
    """The span with a unit such as a flat before it, and with all that belongs to the address."""
    unit = UNIT.search(text, max(0, start - MAX_UNIT_CHARS), start)
    return whole_address(text, unit.start() if unit else start, end)


def _is_personal(kind: str, labels: frozenset[str], written: str, before: str) -> bool:
    digits = sum(map(str.isdigit, written))
    if kind == "ADDRESS":
        return bool(labels & {"STREET_NAME", "CITY", "STATE"})
    if kind in NUMBER_KINDS and (DECIMAL.fullmatch(written) or not LETTER.search(before)):
        return False
    if kind == "DRIVERS_LICENSE":
        return digits >= MIN_DIGITS and len(written) >= MIN_LICENCE_CHARS
    if kind in NUMBER_KINDS:
        return digits >= (MIN_PHONE_DIGITS if kind == "PHONE_NUMBER" else MIN_DIGITS)
    return True
