"""Text as detectors should see it: compatibility forms resolved and invisible characters dropped, with a way back to the original."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u180e")


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` after NFKC; `origin[i]` is where character i came from in the original, and one more entry for its end."""

    text: str
    origin: Sequence[int]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that a range of the plain text came from."""
        return self.origin[start], self.origin[end - 1] + 1


def plain(text: str) -> Plain:
    """Normalise character by character, so that every result knows its place."""
    if text.isascii():
        return Plain(text, range(len(text) + 1))
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        if character in INVISIBLE:
            continue
        normal = unicodedata.normalize("NFKC", character)
        characters.append(normal)
        origin.extend([index] * len(normal))
    origin.append(len(text))
    return Plain("".join(characters), origin)
