"""Replaces pieces of a text and keeps, for each character, where it comes from in the original text."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from services.guard.domain.text.normalization import NormalisedText


class Replacement(NamedTuple):
    """What stands in the decoded text for characters `start` up to `end` (exclusive)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class MappedText:
    """A text with the span of the original for each character, and with a mark on each changed character.

    The character behind a piece of which nothing is left is marked too.
    """

    normalised: NormalisedText
    changed: bytes

    @property
    def text(self) -> str:
        """The text itself."""
        return self.normalised.text

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that holds all of these characters, with the whole of encoded pieces."""
        return self.normalised.original_span(start, end)

    def is_changed(self, start: int, end: int) -> bool:
        """Whether a changed character is in the span or next to it."""
        return b"\1" in self.changed[max(0, start - 1) : end + 1]


def unchanged(normalised: NormalisedText) -> MappedText:
    """A text of which nothing is replaced yet."""
    return MappedText(normalised, bytes(len(normalised.text)))


def replaced(mapped: MappedText, replacements: Sequence[Replacement]) -> MappedText:
    """The text with these pieces replaced, which are in order and do not overlap.

    A text as long as its piece is mapped character by character, any other to the whole piece.
    """
    text, base = mapped.text, mapped.normalised
    pieces: list[str] = []
    starts, ends, changed = array("i"), array("i"), bytearray()
    position = 0
    hides_piece = False
    for start, end, new in (*replacements, Replacement(len(text), len(text), "")):
        pieces += (text[position:start], new)
        starts.extend(base.starts[position:start])
        ends.extend(base.ends[position:start])
        between = mapped.changed[position:start]
        changed += b"\1" + between[1:] if hides_piece and between else between
        hides_piece = not new
        if len(new) == end - start:
            starts.extend(base.starts[start:end])
            ends.extend(base.ends[start:end])
        else:
            starts.extend(repeat(base.starts[start], len(new)))
            ends.extend(repeat(base.ends[end - 1], len(new)))
        changed += b"\1" * len(new)
        position = end
    return MappedText(NormalisedText("".join(pieces), starts, ends), bytes(changed))


def in_order(replacements: Iterable[Replacement]) -> list[Replacement]:
    """The replacements by position; of overlapping ones the first that was given."""
    taken: list[Replacement] = []
    for replacement in replacements:
        index = bisect_left(taken, replacement)
        is_free_before = index == 0 or taken[index - 1].end <= replacement.start
        is_free_after = index == len(taken) or replacement.end <= taken[index].start
        if is_free_before and is_free_after:
            taken.insert(index, replacement)
    return taken
