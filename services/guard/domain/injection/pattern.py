"""A pattern of attacks: its name, its weight, and the words without which it need not be tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import re2

from services.guard.domain.text.homoglyphs import without_marks


class PatternMatch(Protocol):
    """A match of RE2, in bytes of the text."""

    def start(self) -> int:
        """Offset of the first byte."""
        ...

    def end(self) -> int:
        """Offset after the last byte."""
        ...


class CompiledPattern(Protocol):
    """A compiled pattern of RE2, which takes time in proportion to the text."""

    @property
    def pattern(self) -> bytes:
        """The pattern as it is written."""
        ...

    def finditer(self, text: bytes) -> Iterator[PatternMatch]:
        """All matches."""
        ...


@dataclass(frozen=True, slots=True)
class InjectionPattern:
    """A phrase pattern that attacks use; a text without any of `required_words` cannot match.

    `names_owner` says that the pattern itself leaves no other owner of the instructions than the machine.
    """

    name: str
    weight: float
    required_words: tuple[bytes, ...]
    pattern: CompiledPattern
    names_owner: bool = False


def injection_pattern(
    name: str, weight: float, required: str, *patterns: str, names_owner: bool = False
) -> InjectionPattern:
    """Compile the alternatives of a pattern, which match lower-case text without accents.

    `required` lists substrings, separated by spaces, of which each matching text contains at least one.
    """
    compiled = re2.compile(without_marks("(?m)" + "|".join(patterns)).encode())
    required_words = tuple(word.encode() for word in without_marks(required).split())
    return InjectionPattern(name, weight, required_words, compiled, names_owner)
