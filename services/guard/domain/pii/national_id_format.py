"""The format of a national number: pattern, check digit, and the context words that digits alone need."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from services.guard.domain.pii.context import context_words

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
_BEGIN = r"(?<![^\W_])(?<!\d[.+/:-])(?<!\d [+-])(?<!\+\d )(?<!\+\d\d )(?<!\+\d{3} )"
_END = r"(?![^\W_]|[./-]\d)"


@dataclass(frozen=True, slots=True)
class NationalIdFormat:
    """How one country numbers persons; a number that matches `distinctive_pattern` needs no context word."""

    kind: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    context: Callable[[], re.Pattern[str]]
    """Compiled when the first number needs it, since most processes meet the numbers of few countries."""
    distinctive_pattern: re.Pattern[str] | None
    min_digits: int


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
        cache(partial(context_words, *words)),
        None if distinctive_pattern is None else re.compile(distinctive_pattern),
        min_digits,
    )
