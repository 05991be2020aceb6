"""Text as detectors should see it: compatibility forms resolved and invisible characters dropped, with a way back to the original."""

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

LONGEST_LETTER = 32
MARKS = frozenset({"Mn", "Mc", "Me"})
HIDING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
"""Characters without a glyph that are not of category Cf: joiners, fillers, variation selectors."""


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """`text` after NFKC; character i of it came from `starts[i]` up to `ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that a range of the plain text came from."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> NormalisedText:
    """Normalise letter by letter (a base with the marks on it), so that every result knows its place."""
    if text.isascii() or _is_normalised(text):
        return NormalisedText(text, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    # Arrays, since one character can become eighteen, and a list of millions is looked through by every garbage collection.
    starts, ends = array("i"), array("i")
    for start, end, letter in _letters(text):
        normal = unicodedata.normalize("NFKC", letter)
        pieces.append(normal)
        starts.extend(repeat(start, len(normal)))
        ends.extend(repeat(end, len(normal)))
    return NormalisedText("".join(pieces), starts, ends)


def _is_normalised(text: str) -> bool:
    """Whether every character stands for itself, as in most texts with accents and umlauts."""
    special = {character for character in text if not character.isascii()}
    stands_alone = not any(
        is_invisible(character) or unicodedata.category(character) in MARKS for character in special
    )
    return stands_alone and unicodedata.is_normalized("NFKC", text)


def _letters(text: str) -> Iterator[tuple[int, int, str]]:
    """Each base character with its marks, without what is invisible; the range includes what was dropped in between."""
    letter, start, end = "", 0, 0
    for index, character in enumerate(text):
        if is_invisible(character):
            continue
        if letter and (
            character.isascii()
            or len(letter) >= LONGEST_LETTER
            or unicodedata.category(character) not in MARKS
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
    """Format characters and fillers: zero widths, joiners, marks of direction, soft hyphens, tags."""
    return not character.isascii() and (character in HIDING or unicodedata.category(character) == "Cf")
