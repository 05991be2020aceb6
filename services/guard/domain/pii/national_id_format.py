"""The format of a national number: pattern, check digit, and the context words that digits alone need."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from services.guard.domain.pii.context import context_words
from services.guard.domain.text.boundaries import NO_LATIN_BEFORE, NO_LATIN_BEHIND

SEPARATOR = r"[ .\u2010-\u2015-]?"
ANYTHING = r"(?s:.{1,40})"
ID_WORDS = (
    "id",
    r"identity (?:card|number|no)",
    r"identification",
    r"personal (?:number|code|id)",
    r"national id\w{0,6}",
)
TAX_WORDS = ("tax", r"tax(?:payer)? ?(?:id|number|no)", "tin")
_BEGIN = NO_LATIN_BEFORE + r"(?<!\d[.+/:-])(?<!\d [+-])(?<!\+\d )(?<!\+\d\d )(?<!\+\d{3} )"
_END = NO_LATIN_BEHIND + r"(?![./-]\d)"


@dataclass(frozen=True, slots=True)
class NationalIdFormat:
    """How one country numbers persons; a number that matches `distinctive_pattern` needs no context word."""

    kind: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    words: tuple[str, ...]
    distinctive_pattern: re.Pattern[str] | None
    min_digits: int

    @property
    def context(self) -> re.Pattern[str]:
        """Its context words, compiled for its first number: most processes meet few countries' numbers."""
        return _context(self.words)


@cache
def _context(words: tuple[str, ...]) -> re.Pattern[str]:
    return context_words(*words)


def national_id_format(
    kind: str,
    pattern: str,
    is_valid: Callable[[str], bool],
    words: Sequence[str],
    distinctive_pattern: str | None = None,
    min_digits: int = 9,
) -> NationalIdFormat:
    """Compile a format; its pattern ignores case and does not match inside a longer number."""
    return NationalIdFormat(
        kind,
        re.compile(_BEGIN + pattern + _END, re.IGNORECASE),
        is_valid,
        tuple(words),
        None if distinctive_pattern is None else re.compile(distinctive_pattern),
        min_digits,
    )
