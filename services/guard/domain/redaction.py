"""Replaces detected values in the texts by placeholders, which can be restored, or by masks, which cannot."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.placeholders import find_placeholders, kind_of, mask, numbers_like, placeholder
from schemas.restoring import restore_exactly
from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.pii.known_names import NAMES, PERSON, has_forms
from services.guard.domain.spans import merged
from services.guard.domain.text.occurrences import TOKENS, WORDS, ValueBoundaries, find_values

MIN_REPEATED_CHARS = 4
DETECTOR = "known-values"


_BOUNDARIES = {"words": WORDS, "names": NAMES, "masked": TOKENS}


@dataclass(frozen=True, slots=True)
class SpanReplacement:
    """A detection whose span is replaced, by a placeholder if restorable; `is_everywhere` in all texts."""

    detection: Detection
    is_restorable: bool
    is_everywhere: bool = True


_Repeated = tuple[ValueBoundaries, Mapping[str, SpanReplacement]]
"""Values that are replaced wherever they stand within their boundaries."""


def redact(
    texts: Sequence[str], replacements: Sequence[Sequence[SpanReplacement]], known: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The redacted texts and the pseudonyms, which include the `known` ones.

    One value gets one placeholder. A value of four characters or more is replaced wherever it stands as a
    word or number of its own, detected or not. No placeholder is used that a text already holds in any form
    in which it would be restored, so that restoring is exact.
    """
    names = _PlaceholderNumbering(texts, known)
    everywhere = {
        text[replacement.detection.start : replacement.detection.end]: replacement
        for text, of_text in zip(texts, replacements, strict=True)
        for replacement in of_text
        if replacement.is_everywhere
    }
    repeated = _by_boundaries(everywhere)
    replaced = tuple(
        _redact_text(text, of_text, repeated, names)
        for text, of_text in zip(texts, replacements, strict=True)
    )
    return replaced, names.values


def _by_boundaries(everywhere: Mapping[str, SpanReplacement]) -> list[_Repeated]:
    """The values to search for together; nested ones are not all reported, so masked ones stay apart."""
    groups: dict[str, dict[str, SpanReplacement]] = {}
    for value, replacement in everywhere.items():
        if len(value) >= MIN_REPEATED_CHARS:
            groups.setdefault(_group_of(value, replacement), {})[value] = replacement
    return [(_BOUNDARIES[name], groups[name]) for name in _BOUNDARIES if name in groups]


def _group_of(value: str, replacement: SpanReplacement) -> str:
    if not replacement.is_restorable:
        return "masked"
    return "names" if replacement.detection.kind == PERSON and has_forms(value) else "words"


def restore(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced by its value, as it was before."""
    return restore_exactly(text, values)


def placeholder_spans(text: str, values: Mapping[str, str]) -> list[tuple[int, int]]:
    """The spans of the placeholders of `values` in the text, also of those that a model changed."""
    return [(found.start, found.end) for found in find_placeholders(text, values)]


def known_value_spans(text: str, values: Mapping[str, str]) -> list[Detection]:
    """Detections of known pseudonymised values that occur in the text in the clear."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for order, (name, value) in enumerate(values.items()):
        if len(value) >= MIN_REPEATED_CHARS and (kind := kind_of(name)) is not None:
            kinds.setdefault(value, []).append((order, kind))
    names = {value for value, found in kinds.items() if has_forms(value) and (PERSON in dict(found).values())}
    ordered = [
        (order, start, value, kind)
        for values, boundaries in ((kinds.keys() - names, WORDS), (names, NAMES))
        for start, value in find_values(text, values, boundaries)
        for order, kind in kinds[value]
    ]
    return [
        Detection(kind, DETECTOR, CERTAIN_SCORE, Span(start, start + len(value)))
        for _, start, value, kind in sorted(ordered)
    ]


class _PlaceholderNumbering:
    """Gives out placeholders, numbered for each kind in order of appearance."""

    def __init__(self, texts: Sequence[str], known: Mapping[str, str]) -> None:
        self.values = dict(known)
        self._by_value = {value: name for name, value in known.items()}
        self._texts = texts
        self._numbers: dict[str, int] = {}
        self._taken: dict[str, set[int]] = {}

    def of(self, value: str, kind: str) -> str:
        if value not in self._by_value:
            name = self._new_placeholder(kind)
            self._by_value[value], self.values[name] = name, value
        return self._by_value[value]

    def _new_placeholder(self, kind: str) -> str:
        if kind not in self._taken:
            self._taken[kind] = numbers_like(self._texts, kind)
        while True:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            name = placeholder(kind, number)
            if number not in self._taken[kind] and name not in self.values:
                return name


def _redact_text(
    text: str,
    replacements: Sequence[SpanReplacement],
    repeated: Sequence[_Repeated],
    names: _PlaceholderNumbering,
) -> str:
    restorable = {replacement.detection: replacement.is_restorable for replacement in replacements}
    for boundaries, values in repeated:
        for start, value in find_values(text, values, boundaries):
            replacement = values[value]
            restorable.setdefault(
                replacement.detection.at(start, start + len(value)), replacement.is_restorable
            )
    ranges = merged(restorable)
    starts = [span.start for span in ranges]
    # A merged range is masked if any of its values must not be restored.
    masked = {
        bisect_right(starts, span.start) - 1
        for span, is_restorable in restorable.items()
        if not is_restorable
    }
    pieces: list[str] = []
    end = 0
    for index, span in enumerate(ranges):
        value = text[span.start : span.end]
        pieces += [
            text[end : span.start],
            mask(span.kind) if index in masked else names.of(value, span.kind),
        ]
        end = span.end
    return "".join([*pieces, text[end:]])
