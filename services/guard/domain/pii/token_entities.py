"""Joins the labelled tokens of a classifier to names, addresses and numbers that are personal data."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from types import MappingProxyType

from services.guard.domain.detection import Detection, Span
from services.guard.domain.pii.addresses import whole_address
from services.guard.domain.pii.attached_words import own_words
from services.guard.domain.pii.model_addresses import is_street_address
from services.guard.domain.pii.model_numbers import (
    NUMBER_KINDS,
    number_start,
    personal_number_kind,
    whole_number,
)
from services.guard.domain.pii.names import (
    NameIndex,
    ends_in_pronoun,
    has_capitals,
    is_listed,
    is_no_part,
    is_person,
    is_person_labelled_as_place,
    name_runs,
    things_among,
    whole_name,
)
from services.guard.domain.pii.word_boundaries import WordBoundaries
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
UNIT = re.compile(r"\b(?:flat|studio|apartment|apt|suite|unit|room|floor|no|nr)\.? ?#?\Z", re.IGNORECASE)
MAX_UNIT_CHARS = 12
LABEL_FAMILIES: Mapping[str, str] = MappingProxyType(
    {label: "NUMBER" if kind in NUMBER_KINDS else kind for label, kind in KINDS.items()}
)
"""The family of each label, whose probabilities are added up: all numbers are one, since all are personal."""
NAME_GAP = re.compile(r"[ \u00a0.,'\u2019\u00b7-]{0,3}")
"""What may be between two words of a name: no brackets, quotes or other marks."""
MIN_ENTITY_SCORE = 0.6
"""Of the best word of an entity."""
MIN_JOINED_SCORE = 0.2
"""Of a word that is joined to its neighbour."""
MIN_TOKEN_SCORE = 0.05
"""Of a capitalised word that is joined to a name; the classifier need not report tokens below it."""
NAME_WEIGHT = 2.5
"""How much likelier a place must be than a name, since a name labelled as a place would not be masked."""
PARTS_GAP = re.compile(r"[\s,.>?*|]{0,8}")
PLACE_LABELS = frozenset({"CITY", "STATE"})
STREET_LABELS = frozenset({"STREET_NAME", "ZIP_CODE"})
"""Of places that belong to the address before them, directly or in the next line."""
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
    found: list[Detection] = []
    address_end: int | None = None
    for group in _without_ordinary_words(text, groups):
        detection = _span(text, group)
        if detection is None:
            continue
        is_next = detection.kind == "LOCATION" and _follows(text, address_end, detection.start)
        if is_next and any(word.labels & STREET_LABELS for word in group):
            detection = dataclasses.replace(detection, kind="ADDRESS")
        address_end = detection.end if is_next or detection.kind == "ADDRESS" else None
        found.append(detection)
    return found


def _follows(text: str, address_end: int | None, start: int) -> bool:
    """Whether a place follows an address directly or in the next line."""
    return address_end is not None and (
        PARTS_GAP.fullmatch(text, address_end, max(address_end, start)) is not None
    )


def _without_ordinary_words(
    text: str, groups: Sequence[Sequence[LabelledWord]]
) -> list[Sequence[LabelledWord]]:
    """Drop words wrongly labelled as names; a word of a full name, or next to a name in a list, is kept."""
    is_lower_case = not has_capitals(text)
    candidates = _without_things(text, _candidates(text, groups))
    names = {
        id(group)
        for group in candidates
        if group[0].kind == "PERSON" and _is_person(text, group, is_lower_case=is_lower_case)
    }
    accepted = NameIndex.of(text, [_spans(group) for group in candidates if id(group) in names])
    return [
        group
        for group in candidates
        if group[0].kind != "PERSON" or id(group) in names or _is_near_name(text, group, accepted)
    ]


def _without_things(text: str, groups: Iterable[Sequence[LabelledWord]]) -> list[Sequence[LabelledWord]]:
    """The groups without those that are names of things."""
    candidates = list(groups)
    spans = [_spans(group) for group in candidates if group[0].kind == "PERSON"]
    things = things_among(text, spans)
    return [group for group in candidates if (group[0].start, group[-1].end) not in things]


def _candidates(text: str, groups: Sequence[Sequence[LabelledWord]]) -> Iterator[Sequence[LabelledWord]]:
    """The groups in parts that can be one name each, with persons labelled as places."""
    for group in groups:
        yield from _name_runs(text, _as_person(text, group))


def _as_person(text: str, group: Sequence[LabelledWord]) -> Sequence[LabelledWord]:
    """The words of a place as those of a person, if lists or the words before say that it is one."""
    if not PLACE_LABELS.issuperset(chain.from_iterable(word.labels for word in group)):
        return group
    gaps = (text[word.end : following.start] for word, following in pairwise(group))
    if not all(map(NAME_GAP.fullmatch, gaps)) or not is_person_labelled_as_place(text, _spans(group)):
        return group
    return [dataclasses.replace(word, kind="PERSON") for word in group]


def _is_person(text: str, group: Sequence[LabelledWord], *, is_lower_case: bool) -> bool:
    weakest = min(word.score for word in group)
    return is_person(text, _spans(group), _score(group), is_lower_case=is_lower_case, weakest=weakest)


def _is_near_name(text: str, group: Sequence[LabelledWord], names: NameIndex) -> bool:
    score = _score(group)
    return is_listed(text, (group[0].start, group[-1].end), score, names) or names.is_part(
        text, _spans(group), score
    )


def _spans(group: Sequence[LabelledWord]) -> list[CharSpan]:
    return [(word.start, word.end) for word in group]


def _name_runs(text: str, group: Sequence[LabelledWord]) -> list[Sequence[LabelledWord]]:
    """The parts of a group that can be one name each; a group of another kind is one part."""
    if len(group) == 1 or group[0].kind != "PERSON":
        return [group]
    if is_no_part(text, _spans(group)):
        group = group[1:]
    if ends_in_pronoun(text, group[-1].start, group[-1].end):
        group = group[:-1]
    own = own_words(text, _spans(group))
    group = group[own.start : own.stop]
    runs = name_runs([text[word.start : word.end] for word in group])
    return [group[run.start : run.stop] for run in runs]


def _score(group: Sequence[LabelledWord]) -> float:
    return min(max(word.score for word in group), 1.0)


def _words(text: str, tokens: Iterable[LabelledToken]) -> list[LabelledWord]:
    """The labelled words; a word's score is the mean over its characters, 0 for those without a label."""
    words: list[LabelledWord] = []
    boundaries = WordBoundaries(text)
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


def _belongs(text: str, group: Sequence[LabelledWord], word: LabelledWord) -> bool:
    last = group[-1]
    gap = text[last.end : word.start]
    if word.kind != last.kind or "\n" in gap:
        return False
    if word.kind == "PERSON":
        return NAME_GAP.fullmatch(gap) is not None and _belongs_to_name(text, group, word, gap)
    if min(last.score, word.score) < MIN_JOINED_SCORE:
        return False
    return len(gap) <= (MAX_ADDRESS_GAP_CHARS if word.kind == "ADDRESS" else MAX_GAP_CHARS)


def _belongs_to_name(text: str, group: Sequence[LabelledWord], word: LabelledWord, gap: str) -> bool:
    last = group[-1]
    if min(last.score, word.score) < MIN_JOINED_SCORE:
        return _is_name_gap(text, last, gap) and all(text[part.start].isupper() for part in (last, word))
    if "," in gap or "." in gap:
        return _is_same_name(text, group, word, gap)
    return len(gap) <= MAX_GAP_CHARS


def _is_name_gap(text: str, last: LabelledWord, gap: str) -> bool:
    """Whether only a space is between the words, or the full stop of an initial too."""
    return gap == " " or (gap == ". " and last.end - last.start == 1 and text[last.start].isupper())


def _is_same_name(text: str, group: Sequence[LabelledWord], word: LabelledWord, gap: str) -> bool:
    """Whether a full stop follows an initial or title, or a comma separates surname and given name."""
    if "." in gap:
        last = group[-1]
        return len(gap) <= MAX_GAP_CHARS and (
            last.end - last.start <= MAX_TITLE_CHARS or text[last.start : last.end].lower() == "mrs"
        )
    has_given_name = any("GIVEN_NAME" in part.labels for part in group)
    return " " in gap and len(gap) <= MAX_GAP_CHARS and not has_given_name and "GIVEN_NAME" in word.labels


def _span(text: str, group: Sequence[LabelledWord]) -> Detection | None:
    start, end = group[0].start, group[-1].end
    kind, score = group[0].kind, _score(group)
    if kind == "PERSON":
        return _detection(kind, score, whole_name(text, start, end))
    labels = frozenset[str]().union(*(word.labels for word in group))
    if score < MIN_ENTITY_SCORE:
        return None
    if kind in NUMBER_KINDS:
        start = number_start(text, start, end)
        number_kind = personal_number_kind(text, start, end)
        return None if number_kind is None else _detection(number_kind, score, whole_number(text, start, end))
    if not labels & {"STREET_NAME", "CITY", "STATE"}:
        return None
    if "STREET_NAME" in labels and is_street_address(text, [(word.start, word.end) for word in group], score):
        return _detection(kind, score, _address_span(text, start, end))
    return _detection("LOCATION", score, (start, end))


def _detection(kind: str, score: float, span: CharSpan) -> Detection:
    return Detection(kind, DETECTOR, round(score, 4), Span(*span), tier="model")


def _address_span(text: str, start: int, end: int) -> CharSpan:
    """The span with a unit such as a flat before it, and with all that belongs to the address."""
    unit = UNIT.search(text, max(0, start - MAX_UNIT_CHARS), start)
    return whole_address(text, unit.start() if unit else start, end)
