"""Decodes what is encoded in a text in place, so that values in it have a span of the original."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import re2

from services.guard.domain.pii.broken_numbers import DIGIT_SIGNS, NUMBER_SIGNS, ascii_digits, joined_numbers
from services.guard.domain.pii.split_numbers import SPLIT_SIGNS, split_numbers
from services.guard.domain.text.base64_runs import BASE64_SIGNS, base64_runs
from services.guard.domain.text.escapes import ESCAPE_SIGNS, SPACE_SIGNS, escapes, written_spaces
from services.guard.domain.text.normalization import NormalisedText
from services.guard.domain.text.offset_maps import MappedText, Replacement, in_order, replaced, unchanged
from services.guard.domain.text.spelled_addresses import SPELLED_SIGNS, spelled_addresses
from services.guard.domain.text.types import CharSpan

MAX_NESTING = 2
MARGIN_CHARS = 256
"""Of a window around changed characters, which has the context words of a value."""
NAME_MARGIN_CHARS = 120
"""The same for a model, whose windows are dear."""
_CHANGED = re.compile(rb"\x01+")
_SPACE, _LAST_WORD = re.compile(r"\s"), re.compile(r"\s\S{0,255}\Z")
_JOINERS = frozenset(" \t\n\u00a0'\u2019-.")


class Encoding(NamedTuple):
    """How values are encoded: bytes that texts with it have, and what finds the encoded pieces."""

    has_signs: Callable[[bytes], object]
    find: Callable[[str], Iterator[Replacement]]


_ESCAPES, _SPACES, _BASE64 = (
    Encoding(re2.compile(signs).search, find)
    for signs, find in ((ESCAPE_SIGNS, escapes), (SPACE_SIGNS, written_spaces), (BASE64_SIGNS, base64_runs))
)
_DIGITS, _SPELLED, _SPLIT, _NUMBERS = (
    Encoding(re2.compile(signs).search, find)
    for signs, find in (
        (DIGIT_SIGNS, ascii_digits),
        (SPELLED_SIGNS, spelled_addresses),
        (SPLIT_SIGNS, split_numbers),
        (NUMBER_SIGNS, joined_numbers),
    )
)
_ANY_SIGNS = re2.compile(
    b"|".join(
        [ESCAPE_SIGNS, SPACE_SIGNS, BASE64_SIGNS, DIGIT_SIGNS, SPELLED_SIGNS, SPLIT_SIGNS, NUMBER_SIGNS]
    )
)
"""One pass shows for almost every text that nothing in it is encoded."""


@dataclass(frozen=True, slots=True)
class DecodedWindow:
    """A part of a decoded text, which begins at `start`."""

    mapped: MappedText
    start: int
    text: str

    def original_span(self, start: int, end: int) -> CharSpan | None:
        """The span of the original for one of this window; None where nothing was encoded in or at it."""
        if not self.mapped.is_changed(self.start + start, self.start + end):
            return None
        return self.mapped.original_span(self.start + start, self.start + end)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text with everything decoded that was encoded in it."""

    mapped: MappedText

    @property
    def text(self) -> str:
        """The decoded text."""
        return self.mapped.text

    def windows(self) -> list[DecodedWindow]:
        """The parts around changed characters, for recognisers."""
        return self._windows([match.span() for match in _CHANGED.finditer(self.mapped.changed)], MARGIN_CHARS)

    def name_windows(self) -> list[DecodedWindow]:
        """The parts around changed letters, for a model that finds names."""
        changed = (match.span() for match in _CHANGED.finditer(self.mapped.changed))
        return self._windows([span for span in changed if self._changes_words(*span)], NAME_MARGIN_CHARS)

    def _changes_words(self, start: int, end: int) -> bool:
        """Whether letters were decoded, or what stands between the words or parts of a name."""
        text, starts = self.text[start:end], self.mapped.normalised.starts
        is_one_piece = end - start > 1 and starts[start] == starts[end - 1]
        if is_one_piece and not any(map(str.isspace, text)):
            # Base64 without a space in it is an identifier, such as `Bot:41898282`.
            return False
        if any(map(str.isalpha, text)):
            return True
        around = self.text[max(0, start - 1) : start], self.text[end : end + 1]
        return all(map(str.isalpha, around)) and _JOINERS.issuperset(text)

    def _windows(self, spans: list[CharSpan], margin: int) -> list[DecodedWindow]:
        """Parts with a margin on both sides, cut at white space; near ones are one part."""
        groups: list[CharSpan] = []
        for start, end in spans:
            if groups and start - 2 * margin <= groups[-1][1]:
                groups[-1] = groups[-1][0], end
            else:
                groups.append((start, end))
        return [self._window(*group, margin) for group in groups]

    def _window(self, start: int, end: int, margin: int) -> DecodedWindow:
        lowest, highest = max(0, start - margin), min(len(self.text), end + margin)
        before = _SPACE.search(self.text, lowest, start) if lowest else None
        after = _LAST_WORD.search(self.text, end, highest) if highest < len(self.text) else None
        first, last = before.end() if before else lowest, after.start() if after else highest
        return DecodedWindow(self.mapped, first, self.text[first:last])


def decode_in_place(normalised: NormalisedText) -> DecodedText | None:
    """The text with all encodings decoded, at most two inside each other; None where nothing is encoded."""
    if _ANY_SIGNS.search(normalised.text.encode("utf-8", "replace")) is None:
        return None
    mapped = unchanged(normalised)
    for _ in range(MAX_NESTING):
        decoded = _decoded(mapped, _ESCAPES, _BASE64, _SPACES)
        if decoded is mapped:
            break
        mapped = decoded
    mapped = _decoded(_decoded(mapped, _DIGITS), _SPELLED, _SPLIT, _NUMBERS)
    return DecodedText(mapped) if b"\1" in mapped.changed else None


def _decoded(mapped: MappedText, *encodings: Encoding) -> MappedText:
    """The text with all that these find replaced; of overlapping pieces those of the first count."""
    written = mapped.text.encode("utf-8", "replace")
    found = [[*each.find(mapped.text)] for each in encodings if each.has_signs(written)]
    if not any(found):
        return mapped
    return replaced(mapped, found[0] if len(found) == 1 else in_order(each for one in found for each in one))
