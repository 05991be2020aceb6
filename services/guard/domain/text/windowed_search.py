"""Matches of a pattern over a long text, a window at a time: one search holds the interpreter for milliseconds, whatever the text."""

import re
from collections.abc import Iterator

WINDOW = 8_192
"""Characters in which a match may begin in one search."""
REACH = 1_024
"""Characters behind a window that its matches may see: most patterns neither match nor look ahead further."""


def matches(shape: re.Pattern[str], text: str, reach: int = REACH) -> Iterator[re.Match[str]]:
    """What `shape.finditer(text)` gives, for a pattern without empty matches that reaches less than so many characters.

    `re` lets no other thread run during one search, and a long text without a match is one search.
    """
    window = max(WINDOW, 2 * reach)
    return shape.finditer(text) if len(text) <= window + reach else _by_windows(shape, text, window, reach)


def _by_windows(shape: re.Pattern[str], text: str, window: int, reach: int) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        border = at + window
        found = shape.search(text, at, min(len(text), border + reach))
        if found is None or found.start() >= border:
            # What begins behind the border may go on behind what this search saw.
            at = border
        else:
            yield found
            at = found.end()
