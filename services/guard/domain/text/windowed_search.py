"""Searches long texts in windows, so that one search holds the interpreter lock for milliseconds only."""

import re
from collections.abc import Iterator

from services.guard.domain.threads import give_way

WINDOW_CHARS = 8_192
"""Matches of one search begin within this many characters."""
MAX_REACH_CHARS = 1_024
"""How far a match and its look-ahead may extend beyond a window."""


def matches(
    pattern: re.Pattern[str], text: str, reach_chars: int = MAX_REACH_CHARS
) -> Iterator[re.Match[str]]:
    """The matches of `pattern.finditer(text)`, found without holding the interpreter lock for long.

    A match must not be empty, and with its look-ahead it must be shorter than `reach_chars`.
    """
    window = max(WINDOW_CHARS, 2 * reach_chars)
    if len(text) <= window + reach_chars:
        return pattern.finditer(text)
    return _windowed_matches(pattern, text, window, reach_chars)


def _windowed_matches(
    pattern: re.Pattern[str], text: str, window: int, reach_chars: int
) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        give_way()
        window_end = position + window
        match = pattern.search(text, position, min(len(text), window_end + reach_chars))
        if match is None or match.start() >= window_end:
            # A match that begins beyond the window may be longer than this search could see.
            position = window_end
        else:
            yield match
            position = match.end()
