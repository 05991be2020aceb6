"""Normalises text for detectors: NFKC, without invisible characters, with offsets into the original."""

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

MAX_LETTER_CHARS = 32
_MARK_CATEGORIES = frozenset({"Mn", "Mc", "Me"})
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
"""Joiners, fillers and variation selectors: characters without a glyph whose category is not Cf."""


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text after NFKC; character i comes from the original's `starts[i]` up to `ends[i]` (exclusive)."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that corresponds to a span of the normalised text."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> NormalisedText:
    """Normalise each base character with its marks separately, so that offsets stay known."""
    if text.isascii() or _is_normalised(text):
        return NormalisedText(text, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    # Arrays, since one character can become eighteen, and the garbage collector traverses lists.
    starts, ends = array("i"), array("i")
    for start, end, letter in _letters(text):
        normal = unicodedata.normalize("NFKC", letter)
        pieces.append(normal)
        starts.extend(repeat(start, len(normal)))
        ends.extend(repeat(end, len(normal)))
    return NormalisedText("".join(pieces), starts, ends)


def _is_normalised(text: str) -> bool:
    """Whether normalisation changes nothing, as in most texts with accents and umlauts."""
    non_ascii = {character for character in text if not character.isascii()}
    changes_nothing = not any(
        is_invisible(character) or unicodedata.category(character) in _MARK_CATEGORIES
        for character in non_ascii
    )
    return changes_nothing and unicodedata.is_normalized("NFKC", text)


def _letters(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and text of each base character with its marks, with dropped characters inside the span."""
    letter, start, end = "", 0, 0
    for index, character in enumerate(text):
        if is_invisible(character):
            continue
        if letter and (
            character.isascii()
            or len(letter) >= MAX_LETTER_CHARS
            or unicodedata.category(character) not in _MARK_CATEGORIES
        ):
            yield start, end, letter
            letter = ""
        if not letter:
            start = index
        letter += character
        end = index + 1
    if letter:
        yield start, end, letter


def is_invisible(character: str) -> bool:
    """Whether it is a format character or filler: zero width, joiner, direction mark, soft hyphen or tag."""
    return not character.isascii() and (character in _INVISIBLE or unicodedata.category(character) == "Cf")
