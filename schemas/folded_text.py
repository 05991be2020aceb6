"""Reads characters that are written in another way as ASCII, and knows where each of them stands in the text.

Full-width and mathematical letters, invisible characters inside words, and percent-encoding are such ways.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_OTHER_LETTERS = (
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d6a3\U0001d7ce-\U0001d7ff"
    "\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u2468\u24b6-\u24e9"
)
_ODD = re.compile(f"[{_INVISIBLE}{_OTHER_LETTERS}]")
_ODD_OR_SIGN = re.compile(f"[{_INVISIBLE}{_OTHER_LETTERS}\uff01-\uff5e]")
_INVISIBLE_CHARACTER = re.compile(f"[{_INVISIBLE}]")
_PERCENT_ENCODED = re.compile("%(?:25)?([2-7][0-9A-Fa-f])")


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text in plain characters, with the start and the end of each of them in the text it was read from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece that is not empty stands in the original text."""
        return self.starts[start], self.ends[end - 1]


def with_plain_letters(text: str) -> FoldedText | None:
    """The text without invisible characters and with ASCII for other forms of it; None if it has none."""
    if text.isascii() or _ODD.search(text) is None:
        return None
    return _folded(text, _ODD_OR_SIGN, lambda match: _plain(match.group()))


def percent_decoded(text: str) -> FoldedText | None:
    """The text with printable ASCII characters decoded, also when encoded twice; None if it has none."""
    if _PERCENT_ENCODED.search(text) is None:
        return None
    return _folded(text, _PERCENT_ENCODED, lambda match: chr(int(match[1], 16)))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if _INVISIBLE_CHARACTER.fullmatch(character):
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() and len(plain) == 1 else character


def _folded(text: str, pattern: re.Pattern[str], plain: Callable[[re.Match[str]], str]) -> FoldedText:
    """The text with what `plain` gives for each match: one character or none."""
    pieces, starts, ends, position = list[str](), list[int](), list[int](), 0
    for match in pattern.finditer(text):
        character = plain(match)
        pieces += [text[position : match.start()], character]
        starts += range(position, match.start())
        ends += range(position + 1, match.start() + 1)
        if character:
            starts.append(match.start())
            ends.append(match.end())
        position = match.end()
    starts += range(position, len(text))
    ends += range(position + 1, len(text) + 1)
    return FoldedText("".join([*pieces, text[position:]]), tuple(starts), tuple(ends))
