"""Replaces detected values everywhere in the texts: by a placeholder that can be restored, or by a mask that cannot."""

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
"""Every placeholder that is given out looks like this, so all of them are found by one pattern."""


@dataclass(frozen=True, slots=True)
class SpanReplacement:
    """A detection whose span is replaced: by a placeholder where it is restorable, and in all texts where `is_everywhere`."""

    detection: Detection
    is_restorable: bool
    is_everywhere: bool = True


def redact(
    texts: Sequence[str], found: Sequence[Sequence[SpanReplacement]], known: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The texts without the found values, and placeholder to value for those that can be restored (`known` ones included).

    One value gets one placeholder. A value of four characters or more is replaced wherever it stands, also where no detector saw it.
    A placeholder that a text already holds by itself is never given out, so that restoring is exact.
    """
    names = _PlaceholderNumbering(texts, known)
    everywhere = {
        text[one.detection.start : one.detection.end]: one
        for text, ones in zip(texts, found, strict=True)
        for one in ones
        if one.is_everywhere
    }
    # Looked for apart, since of nested values only the longest are told, and one that must not be restored may lie in one that can.
    repeated = [
        {
            value: one
            for value, one in everywhere.items()
            if len(value) >= MIN_REPEATED_CHARS and one.is_restorable is is_restorable
        }
        for is_restorable in (True, False)
    ]
    replaced = tuple(
        _redact_text(text, ones, repeated, names) for text, ones in zip(texts, found, strict=True)
    )
    return replaced, names.values


def restore(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced by its value."""
    return PLACEHOLDER.sub(lambda match: values.get(match.group(), match.group()), text) if values else text


def placeholder_spans(text: str, values: Mapping[str, str]) -> list[tuple[int, int]]:
    """Where the text holds placeholders."""
    return [match.span() for match in PLACEHOLDER.finditer(text) if match.group() in values] if values else []


def known_value_spans(text: str, values: Mapping[str, str]) -> list[Detection]:
    """Where the text holds what placeholders stand for: the model guessed it, or a detector missed it elsewhere."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for order, (name, value) in enumerate(values.items()):
        if len(value) >= MIN_REPEATED_CHARS and (kind := PLACEHOLDER_KIND.match(name)):
            kinds.setdefault(value, []).append((order, kind[1]))
    found = [
        (order, start, value, kind)
        for start, value in find_values(text, kinds)
        for order, kind in kinds[value]
    ]
    return [
        Detection(kind, DETECTOR, CERTAIN_SCORE, Span(start, start + len(value)))
        for _, start, value, kind in sorted(found)
    ]


class _PlaceholderNumbering:
    """Gives out placeholders: numbered by kind in order of appearance."""

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
    ones: Sequence[SpanReplacement],
    repeated: Sequence[Mapping[str, SpanReplacement]],
    names: _PlaceholderNumbering,
) -> str:
    restorable = {one.detection: one.is_restorable for one in ones}
    for values in repeated:
        for start, value in find_values(text, values):
            one = values[value]
            restorable.setdefault(one.detection.at(start, start + len(value)), one.is_restorable)
    ranges = merged(restorable)
    starts = [span.start for span in ranges]
    # Nothing can be restored of a range in which something must not be.
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
