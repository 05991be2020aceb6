"""Which streets of the token classifier are addresses: named like a street, with a number beside the name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.guard.domain.pii.addresses import (
    CASE_CONTEXT_CHARS,
    NAME_PARTICLES,
    NOT_STREET_NAMES,
    is_heading_or_path,
)
from services.guard.domain.pii.number_words import plain_word
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.word_lists import read_sections

_TYPES = {
    name: frozenset(" ".join(lines).split()) for name, lines in read_sections("street_types.txt").items()
}
TYPES_BEHIND, TYPES_BEFORE, ENDINGS = _TYPES["behind_name"], _TYPES["before_name"], _TYPES["endings"]
RESIDENCE = frozenset(word for word in _TYPES["residence"] if not word.endswith("*"))
RESIDENCE_STEMS = tuple(word.rstrip("*") for word in _TYPES["residence"] if word.endswith("*"))
SMALL_WORDS = NAME_PARTICLES | TYPES_BEFORE | TYPES_BEHIND | ENDINGS
"""Words of street names that may be written in small letters."""
USUAL_TYPES = _TYPES["usual"]
NO_STREETS = _TYPES["house"] | _TYPES["heading"]
WORD = re.compile(r"(?:\d{1,3}(?:st|nd|rd|th)|[^\W\d_])[\w'\u2019-]*")
NUMBER = r"\d{1,5}(?: ?[A-Za-z](?![^\W_]))?(?: ?[/-] ?\d{1,4}[A-Za-z]?)?"
NUMBER_BEFORE = re.compile(rf"(?<![^\W_])(?<![.,:/#-])({NUMBER})(,?) (?:bis |ter )?\Z")
NUMBER_BEHIND = re.compile(
    rf"(?:,? |\.,? ?)(?:n[º°o.]{{0,2}} ?|no\. |nr\.? ?|№ ?|(?:д|дом|буд|будинок)\.? ?)?{NUMBER}"
    r"(?![^\W_]|[.,:/%]\d|[ ]?[%€$£])",
    re.IGNORECASE,
)
UNIT = (
    r"(?:suite|ste|apt|apartment|unit|flat|studio|room|floor|piso|puerta|appartement|appt|appartamento|interno"
    r"|piano|wohnung)\.? ?#?\d{1,5}"
)
UNIT_BEHIND = re.compile(rf"[,.]?[\s>?*|]{{1,8}}{UNIT}", re.IGNORECASE)
UNIT_BEFORE = re.compile(rf"(?<![^\W_]){UNIT}[A-Za-z]?,? \Z", re.IGNORECASE)
STREET_BEHIND = re.compile(r"\.? (?:street|st|road|avenue)(?![^\W_])", re.IGNORECASE)
LINE_START = re.compile(r"(?:\A|\n)[\s>?*•|-]{0,8}\Z")
POSTCODE_BELOW = re.compile(
    r"[ ,.]{0,3}\n[^\d\n]{2,40}(?:\n[^\d\n]{2,40}){0,3}?[ \n>?*|]{1,6}(?:[A-Z]{1,2}[ -])?\d{4,6}(?!\d)"
)
ADDRESS_START = re.compile(r"[:,] \Z|(?<![^\W_])(?:in|at|to|on|from|and|is|near|of) \Z")
MAX_UNIT_CHARS, MAX_BLOCK_CHARS = 24, 200
YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
CAPITALISED_BEFORE = re.compile(r"(?<![^\W_])(?:[A-ZÀ-Þ][\w'\u2019-]{1,30} ){1,3}\Z")
CAPITALISED_BEHIND = re.compile(
    r"(?: (?!(?i:suite|ste|apt|apartment|unit|flat|floor|piso|puerta|piano)\b)"
    r"[A-ZÀ-Þ][\w'\u2019-]{1,30}){1,3}"
)
NAME_BEHIND = re.compile(r" ?[A-Z\d]")
"""What continues the name of a place that is named after its street, such as a station."""
MAX_NAME_CHARS = 96
MAX_NUMBER_CHARS = 20
MAX_RESIDENCE_CHARS = 30
LONG_ENDINGS = tuple(ending for ending in ENDINGS if len(ending) >= 3)  # noqa: PLR2004 - "u" ends many words
MIN_ENDED_CHARS = 6
MIN_SCORE_WITHOUT_NUMBER = 0.98


@dataclass(frozen=True, slots=True)
class StreetName:
    """The words of a street in a text, and the numbers directly before and behind them."""

    text: str
    first: int
    last: int
    before: re.Match[str] | None
    behind: re.Match[str] | None

    @property
    def start(self) -> int:
        """The start with the number before the name."""
        return self.before.start() if self.before else self.first

    @property
    def end(self) -> int:
        """The end with the number behind the name."""
        return self.behind.end() if self.behind else self.last

    @property
    def is_lower_case(self) -> bool:
        """Whether no letter around is a capital, so that names are probably in small letters, too."""
        around = self.text[max(0, self.first - CASE_CONTEXT_CHARS) : self.last + CASE_CONTEXT_CHARS]
        return not any(map(str.isupper, around))

    def words(self) -> list[str]:
        """The words of the name as they are written."""
        return [match.group() for match in WORD.finditer(self.text, self.first, self.last)]


def is_street_address(text: str, words: Sequence[CharSpan], score: float) -> bool:
    """Whether some of these words of the classifier are a street with its number, or surely a street.

    Each needs a word for streets, or another part of an address, since the classifier takes for a street what
    stands in the place of one.
    """
    has_residence = _has_residence_word(text, words[0][0])
    names = (_street_name(text, *name) for name in _names(text, words))
    return any(_is_street(name, score, has_residence=has_residence) for name in names)


def _names(text: str, words: Sequence[CharSpan]) -> list[CharSpan]:
    """The words in runs without numbers and commas between them."""
    names: list[CharSpan] = []
    for start, end in words:
        if text[start].isdigit() and not WORD.match(text, start, end):
            continue
        if names and not text[names[-1][1] : start].strip(" ."):
            names[-1] = names[-1][0], end
        else:
            names.append((start, end))
    return names


def _street_name(text: str, first: int, last: int) -> StreetName:
    first, last = _whole_name(text, first, last)
    before = NUMBER_BEFORE.search(text, max(0, first - MAX_NUMBER_CHARS), first)
    if before and ((before[2] and YEAR.fullmatch(before[1])) or is_heading_or_path(text, before.start())):
        before = None
    return StreetName(text, first, last, before, NUMBER_BEHIND.match(text, last, last + MAX_NUMBER_CHARS))


def _is_street(name: StreetName, score: float, *, has_residence: bool) -> bool:
    is_sure = has_residence or _has_address_parts(name)
    words = name.words()
    if not words or not _is_written_as_name(words, is_lower_case=name.is_lower_case, is_sure=is_sure):
        return False
    words = list(map(plain_word, words))
    if name.before and (is_sure or _is_named_before(words)):
        return True
    if name.behind and (is_sure or _is_named_behind(words)):
        return True
    is_whole = score >= MIN_SCORE_WITHOUT_NUMBER and not NAME_BEHIND.match(name.text, name.last)
    return is_whole and _is_surely_street(words, has_residence=has_residence)


def _has_address_parts(name: StreetName) -> bool:
    """Whether a flat, a postcode below or a second number make a name with a number an address."""
    text, context_start = name.text, max(0, name.start - MAX_UNIT_CHARS)
    if UNIT_BEHIND.match(text, name.end, name.end + MAX_UNIT_CHARS):
        return True
    if UNIT_BEFORE.search(text, context_start, name.start):
        return True
    if name.behind and STREET_BEHIND.match(text, name.end):
        return True
    is_own_line = LINE_START.search(text, context_start, name.start) is not None
    if is_own_line and POSTCODE_BELOW.match(text, name.end, name.end + MAX_BLOCK_CHARS):
        return True
    has_both = name.before is not None and name.behind is not None
    return has_both and (is_own_line or ADDRESS_START.search(text, context_start, name.start) is not None)


def _whole_name(text: str, first: int, last: int) -> CharSpan:
    """The span with the capitalised words next to it, and without words in small letters before the name."""
    before = CAPITALISED_BEFORE.search(text, max(0, first - MAX_NAME_CHARS), first)
    behind = CAPITALISED_BEHIND.match(text, last)
    first, last = before.start() if before else first, behind.end() if behind else last
    if any(map(str.isupper, text[first:last])):
        for word in WORD.finditer(text, first, last):
            if not word.group()[0].islower() or plain_word(word.group()) in TYPES_BEFORE:
                return word.start(), last
    return first, last


def _is_written_as_name(names: Sequence[str], *, is_lower_case: bool, is_sure: bool) -> bool:
    """Whether the words are capitalised but for small ones, or all in small letters like the words around."""
    if not is_sure and not NOT_STREET_NAMES.isdisjoint(names):
        return False
    if NO_STREETS.intersection(map(plain_word, names)):
        return False
    if is_lower_case or (is_sure and names[0][0].isupper()):
        return True
    return all(not name[0].islower() or plain_word(name) in SMALL_WORDS for name in names)


def _is_named_before(names: Sequence[str]) -> bool:
    """Whether the words behind a number are a street: "Baker Street", "rue de la Paix"."""
    return (len(names) > 1 and not TYPES_BEHIND.isdisjoint(names[1:])) or names[0] in TYPES_BEFORE


def _is_named_behind(names: Sequence[str]) -> bool:
    """Whether the words before a number are a street: "Hauptstrasse", "Calle Mayor"."""
    return names[0] in TYPES_BEFORE or any(_has_street_ending(name) for name in names)


def _has_street_ending(name: str) -> bool:
    return name in ENDINGS or (len(name) > MIN_ENDED_CHARS and name.endswith(LONG_ENDINGS))


def _is_surely_street(names: Sequence[str], *, has_residence: bool) -> bool:
    is_named = names[0] in TYPES_BEFORE or names[-1] in USUAL_TYPES or _has_street_ending(names[-1])
    return len(names) > 1 and is_named and (has_residence or names[-1] in USUAL_TYPES)


def _has_residence_word(text: str, start: int) -> bool:
    window_start = max(0, start - MAX_RESIDENCE_CHARS)
    words = [plain_word(match.group()) for match in WORD.finditer(text, window_start, start)]
    return any(word in RESIDENCE or word.startswith(RESIDENCE_STEMS) for word in words)
