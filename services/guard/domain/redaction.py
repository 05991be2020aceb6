"""Replaces detected values in the texts by placeholders, which can be restored, or by masks, which cannot."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.spans import merged
from services.guard.domain.text.occurrences import find_values

MIN_REPEATED_CHARS = 4
DETECTOR = "known-values"
PLACEHOLDER_KIND = re.compile(r"<([A-Z_]+)_\d+>")
PLACEHOLDER = re.compile(r"<[A-Z_]{1,40}_\d{1,9}>")
"""Matches every placeholder that this module gives out."""


@dataclass(frozen=True, slots=True)
class SpanReplacement:
    """A detection whose span is replaced, by a placeholder if restorable; `is_everywhere` in all texts."""

    detection: Detection
    is_restorable: bool
    is_everywhere: bool = True


def redact(
    texts: Sequence[str], replacements: Sequence[Sequence[SpanReplacement]], known: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The redacted texts and the pseudonyms, which include the `known` ones.

    One value gets one placeholder. A value of four characters or more is replaced wherever it occurs,
    detected or not. A placeholder that is already in a text is not used again, so that restoring is exact.
    """
    names = _PlaceholderNumbering(texts, known)
    everywhere = {
        text[replacement.detection.start : replacement.detection.end]: replacement
        for text, of_text in zip(texts, replacements, strict=True)
        for replacement in of_text
        if replacement.is_everywhere
    }
    # Two searches: nested values are not all reported, and a masked one may lie in a restorable one.
    repeated = [
        {
            value: replacement
            for value, replacement in everywhere.items()
            if len(value) >= MIN_REPEATED_CHARS and replacement.is_restorable is is_restorable
        }
        for is_restorable in (True, False)
    ]
    replaced = tuple(
        _redact_text(text, of_text, repeated, names)
        for text, of_text in zip(texts, replacements, strict=True)
    )
    return replaced, names.values


def restore(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced by its value."""
    return PLACEHOLDER.sub(lambda match: values.get(match.group(), match.group()), text) if values else text


def placeholder_spans(text: str, values: Mapping[str, str]) -> list[tuple[int, int]]:
    """The spans of the placeholders of `values` in the text."""
    return [match.span() for match in PLACEHOLDER.finditer(text) if match.group() in values] if values else []


def known_value_spans(text: str, values: Mapping[str, str]) -> list[Detection]:
    """Detections of known pseudonymised values that occur in the text in the clear."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for order, (name, value) in enumerate(values.items()):
        if len(value) >= MIN_REPEATED_CHARS and (kind := PLACEHOLDER_KIND.match(name)):
            kinds.setdefault(value, []).append((order, kind[1]))
    ordered = [
        (order, start, value, kind)
        for start, value in find_values(text, kinds)
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
        self._taken = {match.group() for text in texts for match in PLACEHOLDER.finditer(text)} | set(known)
        self._numbers: dict[str, int] = {}

    def of(self, value: str, kind: str) -> str:
        if value not in self._by_value:
            name = self._new_placeholder(kind)
            self._by_value[value], self.values[name] = name, value
        return self._by_value[value]

    def _new_placeholder(self, kind: str) -> str:
        while True:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            name = f"<{kind}_{self._numbers[kind]}>"
            if name not in self._taken:
                return name


def _redact_text(
    text: str,
    replacements: Sequence[SpanReplacement],
    repeated: Sequence[Mapping[str, SpanReplacement]],
    names: _PlaceholderNumbering,
) -> str:
    restorable = {replacement.detection: replacement.is_restorable for replacement in replacements}
    for values in repeated:
        for start, value in find_values(text, values):
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
            f"[{span.kind}]" if index in masked else names.of(value, span.kind),
        ]
        end = span.end
    return "".join([*pieces, text[end:]])
