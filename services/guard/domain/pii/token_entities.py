"""Puts a token classifier's labels together: words into names and addresses, and what alone is no personal data left out."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.guard.domain.detection import Detection, Span
from services.guard.domain.pii.addresses import whole_address
from services.guard.domain.pii.names import NameIndex, has_capitals, is_beside, is_person, whole_name

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
NUMBERED = frozenset(
    {"PHONE_NUMBER", "TAX_ID", "BANK_ACCOUNT", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE"}
)
UNIT = re.compile(r"\b(?:flat|studio|apartment|apt|suite|unit|room|floor|no|nr)\.? ?#?\Z", re.IGNORECASE)
LONGEST_UNIT = 12
FAMILIES: Mapping[str, str] = MappingProxyType(
    {label: "NUMBER" if kind in NUMBERED else kind for label, kind in KINDS.items()}
)
"""Labels that mean the same to whoever must be protected: a number is somebody's, be it a passport's or a tax number."""
FEWEST_DIGITS, SHORTEST_LICENCE = 5, 7
DECIMAL = re.compile(r"\d+[.,]\d+")
NAMED = re.compile(r"[^\W\d_]")
NEAR = 40
"""Characters before a number in which a letter must stand: in a table of numbers the classifier knows no more than we."""
PHONE_DIGITS = 7
LEAST_SCORE = 0.6
"""The surest word of an entity reaches this..."""
JOINING_SCORE = 0.2
"""...its neighbours this..."""
FAINTEST_SCORE = 0.05
"""...and a word with a capital beside a name only this; below it the classifier need not report a token."""
NAMES_WEIGH = 2.5
"""How much likelier a place must be than a name: a name taken for a place goes out in the clear, a place taken for a name only reads odd."""
SURE_STREET = 0.98
WIDEST_GAP = 2
ADDRESS_GAP = 12
LONGEST_TITLE = 2


@dataclass(frozen=True, slots=True)
class LabelledToken:
    """A token's place in the text, its likeliest label but for "none" without B- or I-, and the probability of that label's family."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class LabelledWord:
    """A whole word of the text, since half a name hides nobody."""

    start: int
    end: int
    kind: str
    labels: frozenset[str]
    score: float


def entities(text: str, tokens: Iterable[LabelledToken]) -> list[Detection]:
    """Personal data that the labels show; a city or a street alone is a LOCATION, a street with a number an ADDRESS."""
    groups: list[list[LabelledWord]] = []
    for word in _words(text, tokens):
        if groups and _belongs(text, groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [span for group in _without_mere_words(text, groups) if (span := _span(text, group)) is not None]


def _without_mere_words(text: str, groups: Sequence[Sequence[LabelledWord]]) -> list[Sequence[LabelledWord]]:
    """The groups without those of a name's labels that are no name, after a look at the names in a list with them."""
    is_small = not has_capitals(text)
    names = {
        id(group)
        for group in groups
        if group[0].kind == "PERSON"
        and is_person(text, [(word.start, word.end) for word in group], _score(group), is_small=is_small)
    }
    places = NameIndex.of([(group[0].start, group[-1].end) for group in groups if id(group) in names])
    return [
        group
        for group in groups
        if group[0].kind != "PERSON"
        or id(group) in names
        or is_beside(text, (group[0].start, group[-1].end), _score(group), places)
    ]


def _score(group: Sequence[LabelledWord]) -> float:
    return min(max(word.score for word in group), 1.0)


def _words(text: str, tokens: Iterable[LabelledToken]) -> list[LabelledWord]:
    """Tokens of one word and kind together; a word is as sure as its tokens are on average, characters without a label counting as none."""
    words: list[LabelledWord] = []
    edges = _WordBoundaries(text)
    for token in sorted(
        (token for token in tokens if token.label in KINDS), key=lambda token: (token.start, token.end)
    ):
        start, end = edges.left(token.start), edges.right(token.end)
        kind, share = KINDS[token.label], token.score * (token.end - token.start) / max(end - start, 1)
        last = words[-1] if words else None
        if last and start < last.end and kind == last.kind:
            words[-1] = LabelledWord(
                last.start, max(end, last.end), kind, last.labels | {token.label}, last.score + share
            )
        else:
            words.append(LabelledWord(start, end, kind, frozenset({token.label}), share))
    return [word for word in words if word.score >= FAINTEST_SCORE and _is_readable(text, word)]


def _is_readable(text: str, word: LabelledWord) -> bool:
    """Punctuation between words belongs to the gap; only a number may begin with some."""
    written = text[word.start : word.end]
    return any(character.isalnum() for character in written) or (
        word.kind == "PHONE_NUMBER" and written in {"+", "("}
    )


class _WordBoundaries:
    """Where the word around a place begins and ends; a word with a thousand tokens is walked through once, since the last way is known."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = self._right = (0, 0)

    def left(self, place: int) -> int:
        """The begin of the word that goes on over this place, or the place itself."""
        edge, (known_edge, known) = place, self._left
        while edge != known and _is_inside(self._text, edge):
            edge -= 1
        edge = known_edge if edge == known else edge
        self._left = edge, place
        return edge

    def right(self, place: int) -> int:
        """The end of the word that goes on over this place, or the place itself."""
        known, known_edge = self._right
        if known <= place <= known_edge:
            return known_edge
        edge = place
        while _is_inside(self._text, edge):
            edge += 1
        self._right = place, edge
        return edge


def _is_inside(text: str, index: int) -> bool:
    """Whether a word goes on over the place before this character."""
    return 0 < index < len(text) and _is_of_word(text[index - 1]) and _is_of_word(text[index])


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) > 0


def _belongs(text: str, group: Sequence[LabelledWord], word: LabelledWord) -> bool:
    last = group[-1]
    gap = text[last.end : word.start]
    if word.kind != last.kind or "\n" in gap:
        return False
    if min(last.score, word.score) < JOINING_SCORE:
        return word.kind == "PERSON" and gap == " " and all(text[one.start].isupper() for one in (last, word))
    if word.kind == "PERSON" and ("," in gap or "." in gap):
        return _names_go_on(text, group, word, gap)
    return len(gap) <= (ADDRESS_GAP if word.kind == "ADDRESS" else WIDEST_GAP)


def _names_go_on(text: str, group: Sequence[LabelledWord], word: LabelledWord, gap: str) -> bool:
    """A point after an initial or title, a comma between surname and given name; else another person begins."""
    if "." in gap:
        last = group[-1]
        return len(gap) <= WIDEST_GAP and (
            last.end - last.start <= LONGEST_TITLE or text[last.start : last.end].lower() == "mrs"
        )
    given = any("GIVEN_NAME" in one.labels for one in group)
    return len(gap) <= WIDEST_GAP and not given and "GIVEN_NAME" in word.labels


def _span(text: str, group: Sequence[LabelledWord]) -> Detection | None:
    start, end = group[0].start, group[-1].end
    kind, labels = group[0].kind, frozenset[str]().union(*(word.labels for word in group))
    score = _score(group)
    digits = sum(character.isdigit() for character in text[start:end])
    if kind == "PERSON":
        return Detection(kind, DETECTOR, round(score, 4), Span(*whole_name(text, start, end)))
    if score < LEAST_SCORE or not _is_personal(
        kind, labels, text[start:end], text[max(0, start - NEAR) : start]
    ):
        return None
    if kind == "ADDRESS" and not ("STREET_NAME" in labels and (digits or score >= SURE_STREET)):
        kind = "LOCATION"
    if kind == "ADDRESS" and (unit := UNIT.search(text, max(0, start - LONGEST_UNIT), start)):
        start = unit.start()
    if kind == "ADDRESS":
        start, end = whole_address(text, start, end)
    return Detection(kind, DETECTOR, round(score, 4), Span(start, end))


def _is_personal(kind: str, labels: frozenset[str], written: str, before: str) -> bool:
    digits = sum(map(str.isdigit, written))
    if kind == "ADDRESS":
        return bool(labels & {"STREET_NAME", "CITY", "STATE"})
    if kind in NUMBERED and (DECIMAL.fullmatch(written) or not NAMED.search(before)):
        return False
    if kind == "DRIVERS_LICENSE":
        return digits >= FEWEST_DIGITS and len(written) >= SHORTEST_LICENCE
    if kind in NUMBERED:
        return digits >= (PHONE_DIGITS if kind == "PHONE_NUMBER" else FEWEST_DIGITS)
    return True
