"""The words that say what a number counts: "order 17", "trace_id=17", "17 is my order", a column title."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.guard.domain.pii.context import NO_CONTEXT, column_title
from services.guard.domain.pii.number_words import COPULAS, FIRST_UNSPACED, Vocabulary, plain_word, vocabulary

MAX_BEFORE_CHARS, MAX_BEHIND_CHARS, MAX_WORDS = 60, 40, 12
TOKEN = re.compile(r"[^\W\d_]+|\d+")
CAMEL_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
OWN_WORD_END = re.compile(r"[.!?;\u3002\uff01\uff1f]\s|[\n{}=|\d\u3002]|[\"']\s?,|,\s?[\"']")
"""What separates a number from the words before it that may still name it: another number, or a field."""
VALUE_KEY = re.compile(r"[\"'](?i:values?)[\"']\s{0,2}:\s{0,2}[\"']?\Z")
SIBLING_KEY = re.compile(
    r"[\"'](?i:field|label|name|type|key|title|kind|column)[\"']\s{0,2}:\s{0,2}[\"']([^\"'\n]{1,40})[\"']"
)
MAX_KEY_CHARS, MAX_OBJECT_CHARS = 16, 200
"""Of an object such as `{"label": "Card number", "value": "17"}`, of which one field names the other."""
LINE_START = re.compile(r"\n[^\w\n]{0,8}\Z")
LINE_END = re.compile(r"[^\w\n]{0,8}(?:\n|\Z)")
MAX_HEADING_CHARS = 40
LEADING_DIGITS = re.compile(r"\d+(?![.\u2010-\u2015/-]?\w)")
NUMBER_SIGN = re.compile(r"[#\u2116] ?\Z")
WORD_BEFORE = re.compile(r"([^\W\d_]{1,30})[ _-]\Z")
SENTENCE_END = re.compile(r"[.!?;\u3002\uff01\uff1f](?:\s|\Z)")
ABBREVIATION = re.compile(r"\w{1,4}|\w{2,30}n[or]", re.IGNORECASE)
"""A word that may end in a full stop without an end of the sentence, such as "Auftragsnr."."""
MAX_UNSPACED_CHARS = 6
MIN_LISTED_DIGITS = 5
"""Digits of a number that may stand between a word and the number, as in "orders 10001, 10002"."""
ID_WORDS = frozenset({"id", "ids"})
NUMBER, FILLER, LINK = "number", "filler", "link"
BUSINESS, TIME, TECHNICAL, PHONE, BANK = "business", "time", "technical", "phone", "bank"
CARD, PAYMENT, IDENTITY = "card", "payment", "identity"
VERSION, PROGRAM, NETWORK = "version", "program", "network"
MAX_FILLERS = 1
"""Words such as "is" that may stand between a label and bare digits; none may before a formatted number."""
NOT_PERSONAL = frozenset({BUSINESS, TIME, TECHNICAL})


@dataclass(frozen=True, slots=True)
class NumberLabel:
    """What a word says about a number, and how far it is; direct if only small words stand between.

    Fillers are the small words between it and the number, or between it and a word for a number.
    """

    kind: str
    distance: int
    is_direct: bool
    fillers: int = 0


_PERSONAL_KINDS = (PAYMENT, CARD, PHONE, "licence", "passport", "tax")
NUMBER_LABELS = vocabulary(NUMBER, FILLER, *_PERSONAL_KINDS, BUSINESS, TIME, BANK, IDENTITY, TECHNICAL, LINK)


def number_label(text: str, start: int, end: int) -> NumberLabel | None:
    """What the nearest word says about a number: before it, behind it, as its title, or in the line above."""
    if VALUE_KEY.search(text, max(0, start - MAX_KEY_CHARS), start):
        sibling = _sibling_label(text, start, end)
        if sibling is not None:
            return sibling
    label = label_before(text, start, NUMBER_LABELS)
    if label is None or not label.is_direct:
        label = label_behind(text, end, NUMBER_LABELS) or label or _title_label(text, start)
    return label or _heading_label(text, start, end)


def is_labelled_not_personal(
    text: str,
    start: int,
    end: int,
    distance: int = NO_CONTEXT,
    own_words: re.Pattern[str] | None = None,
    *,
    is_formatted: bool = False,
) -> bool:
    """Whether a word beside the number, not farther than `distance`, is for business or programs.

    Formatted numbers, which say themselves what they are, need it directly beside them. Words of the number's
    own in its sentence outrank it: "my card for order 17".
    """
    label = number_label(text, start, end)
    if label is None or not label.is_direct or label.distance > distance or label.kind not in NOT_PERSONAL:
        return False
    if label.fillers > (0 if is_formatted else MAX_FILLERS):
        return False
    return own_words is None or not has_own_word(text, start, own_words)


def has_own_word(text: str, start: int, words: re.Pattern[str]) -> bool:
    """Whether one of the words stands before the number in its sentence; words for any number count not."""
    window_start = max(0, start - MAX_BEFORE_CHARS)
    ends = [match.end() for match in OWN_WORD_END.finditer(text, window_start, start)]
    sentence_start = ends[-1] if ends else window_start
    return any(
        NUMBER_LABELS.kind(plain_word(match.group()), has_number=True) not in {NUMBER, TECHNICAL}
        for match in words.finditer(text, sentence_start, start)
    )


def label_before(text: str, start: int, words: Vocabulary) -> NumberLabel | None:
    """The label by the nearest known word before a number in its line."""
    window_start = max(0, start - MAX_BEFORE_CHARS)
    window_start = max(window_start, text.rfind("\n", window_start, start) + 1)
    digits = LEADING_DIGITS.match(text, start)
    walk = _Walk(words, len(digits.group()) if digits else 0)
    walk.has_number = NUMBER_SIGN.search(text, window_start, start) is not None
    position = start
    for token in reversed(list(TOKEN.finditer(text, window_start, start))[-MAX_WORDS:]):
        is_abbreviation = position == start and ABBREVIATION.fullmatch(token.group())
        if not is_abbreviation and SENTENCE_END.search(text, token.end(), position):
            walk.is_direct = False
        walk.is_loose |= text.startswith(", ", token.end()) and token.group().isalpha()
        label = walk.step(token.group(), start - token.end(), is_before=True)
        if label is not None:
            return walk.with_word_before(label, WORD_BEFORE.search(text, window_start, token.start()))
        position = token.start()
    return None


def label_behind(text: str, end: int, words: Vocabulary) -> NumberLabel | None:
    """The label by a word behind a number: "17 is my order", "17番の注文"."""
    line_end = text.find("\n", end, end + MAX_BEHIND_CHARS)
    walk = _Walk(words)
    is_marked = False
    for token in TOKEN.finditer(text, end, line_end if line_end >= 0 else end + MAX_BEHIND_CHARS):
        label = walk.step(token.group(), MAX_BEFORE_CHARS + token.start() - end, is_before=False)
        is_marked |= walk.has_number or token.group().casefold() in COPULAS
        is_marked |= token.group()[0] >= FIRST_UNSPACED
        if not (is_marked and walk.is_direct):
            return None
        if label is not None:
            # One of the fillers is the word that marks the label.
            return dataclasses.replace(label, fillers=max(0, label.fillers - 1))
    return None


def _sibling_label(text: str, start: int, end: int) -> NumberLabel | None:
    """The label in the field of the same object that names its value."""
    object_start = text.rfind("{", max(0, start - MAX_OBJECT_CHARS), start) + 1
    object_end = text.find("}", end, end + MAX_OBJECT_CHARS)
    if not object_start or object_end < 0:
        return None
    name = SIBLING_KEY.search(text, object_start, object_end)
    label = label_before(name[1], len(name[1]), NUMBER_LABELS) if name else None
    return None if label is None else NumberLabel(label.kind, MAX_BEFORE_CHARS, label.is_direct)


def _heading_label(text: str, start: int, end: int) -> NumberLabel | None:
    """The label in the line above a number that stands alone in its line, as in forms, if it is personal."""
    line_start = LINE_START.search(text, max(0, start - MAX_HEADING_CHARS), start)
    if line_start is None or not LINE_END.match(text, end):
        return None
    heading_end = line_start.start()
    heading_start = text.rfind("\n", max(0, heading_end - MAX_HEADING_CHARS), heading_end) + 1
    if heading_end - heading_start > MAX_HEADING_CHARS:
        return None
    label = label_before(text, heading_end, NUMBER_LABELS)
    is_of_person = label is not None and label.is_direct and label.kind not in NOT_PERSONAL
    return label if is_of_person else None


def _title_label(text: str, start: int) -> NumberLabel | None:
    title = column_title(text, start)
    label = label_before(title, len(title), NUMBER_LABELS) if title else None
    return None if label is None else NumberLabel(label.kind, 2 * MAX_BEFORE_CHARS, is_direct=True)


class _Walk:
    """Goes from a number over its neighbours, until one of them is a known word."""

    def __init__(self, words: Vocabulary, alike_digits: int = 0) -> None:
        self._words, self._alike_digits = words, alike_digits
        self.is_direct, self.has_number, self.is_loose = True, False, False
        self._is_id = False
        self._fillers = 0
        self._distance: int | None = None

    def step(self, token: str, distance: int, *, is_before: bool) -> NumberLabel | None:
        """The label if the token is, or holds, a known word."""
        if token[0].isdigit():
            is_alike = len(token) >= MIN_LISTED_DIGITS and len(token) == self._alike_digits
            self.is_direct &= is_alike
            self.is_loose &= not is_alike
            return None
        for word in _words(token, self._words, is_before=is_before):
            kind = self._words.kind(word, has_number=self.has_number)
            if kind in {NUMBER, FILLER, LINK, None}:
                self._pass(word, kind, distance)
            elif kind is not None:
                label_distance = distance if self._distance is None else self._distance
                is_direct = self.is_direct and not self.is_loose
                return NumberLabel(kind, label_distance, is_direct, self._fillers)
        return None

    def with_word_before(self, label: NumberLabel, before: re.Match[str] | None) -> NumberLabel:
        """The label by the word before it, too: an ID card pays nothing, an account id is no bank's."""
        word = plain_word(before[1]) if before else ""
        kind = self._words.kind(word, has_number=False) if word else None
        if label.kind == CARD and (kind == IDENTITY or word in ID_WORDS):
            return dataclasses.replace(label, kind=IDENTITY)
        if label.kind == BANK and self._is_id and kind != BANK:
            return dataclasses.replace(label, kind=TECHNICAL)
        return label

    def _pass(self, word: str, kind: str | None, distance: int) -> None:
        """Note a word that names nothing itself."""
        if kind == NUMBER:
            self.has_number, self.is_loose = True, False
            self._is_id |= word in ID_WORDS
            self._distance = distance if self._distance is None else self._distance
            # What stands behind a word for a number only joins it with the number: "the number is 17".
            self._fillers = 0
        elif kind is None:
            self.is_direct = False
        else:
            self._fillers += not self.has_number
            # Without its accent, "è" is a word for "and", too; "to" is a copula in Polish only.
            is_link = kind == LINK and (word.isascii() or word not in COPULAS)
            self.is_loose |= is_link and not (self.has_number or self._words.is_linked)


def _words(token: str, words: Vocabulary, *, is_before: bool) -> Iterator[str]:
    """The words of a token, the nearest to the number first: humps of camel case, or unspaced words."""
    if token[0 if not is_before else -1] >= FIRST_UNSPACED:
        yield from _unspaced_words(token, words, is_before=is_before)
    else:
        parts: Sequence[str] = CAMEL_HUMP.split(token)
        yield from (part.casefold() for part in (reversed(parts) if is_before else parts))


def _unspaced_words(token: str, words: Vocabulary, *, is_before: bool) -> Iterator[str]:
    """Known words at the end of the characters (or at their start), and then the rest as one word."""
    while token:
        ends = (
            token[-length:] if is_before else token[:length]
            for length in range(min(len(token), MAX_UNSPACED_CHARS), 0, -1)
        )
        word = next((end for end in ends if words.kind(end, has_number=True) is not None), token)
        yield word
        token = token.removesuffix(word) if is_before else token.removeprefix(word)
