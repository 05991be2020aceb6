"""Context words of a number: shortly before or after it, or in the header of its table column."""

import re

MAX_BEFORE_CHARS = 60
MAX_AFTER_CHARS = 40
MAX_TABLE_CHARS = 4_000
MAX_HEADER_CHARS = 400
CELL_SEPARATOR = re.compile(r"[|,;\t]")
NO_CONTEXT = 10_000
"""The distance if there is no context word; more than any other distance."""


def context_words(*words: str) -> re.Pattern[str]:
    """A pattern for these as whole words in any case; a word may be a pattern with bounded repeats."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W\d_])", re.IGNORECASE)


def context_distance(text: str, start: int, end: int, words: re.Pattern[str]) -> int:
    """The distance to the nearest context word in characters; NO_CONTEXT without a context word.

    A word before the span counts as nearer than one after it, and that as nearer than a column header.
    """
    before = [match.end() for match in words.finditer(text, max(0, start - MAX_BEFORE_CHARS), start)]
    if before:
        return start - before[-1]
    after = words.search(text, end, min(len(text), end + MAX_AFTER_CHARS))
    if after is not None and "\n" not in text[end : after.start()]:
        return MAX_BEFORE_CHARS + after.start() - end
    return 2 * MAX_BEFORE_CHARS if _has_column_header(text, start, words) else NO_CONTEXT


def has_context(text: str, start: int, end: int, words: re.Pattern[str]) -> bool:
    """Whether one of the words is near the span."""
    return context_distance(text, start, end, words) < NO_CONTEXT


def _has_column_header(text: str, start: int, words: re.Pattern[str]) -> bool:
    """Whether the header of the table column (CSV, tabs, bars) around `start` has one of the words."""
    table_start = text.rfind("\n\n", max(0, start - MAX_TABLE_CHARS), start) + 2 if start > 1 else 0
    if table_start <= 1:
        table_start = 0 if start <= MAX_TABLE_CHARS else -1
    line_start = text.rfind("\n", max(0, start - MAX_HEADER_CHARS), start) + 1
    if table_start < 0 or line_start <= table_start:
        return False
    header = text[table_start : table_start + MAX_HEADER_CHARS].partition("\n")[0]
    word = words.search(header)
    if word is None:
        return False
    header_column = len(CELL_SEPARATOR.findall(header, 0, word.start()))
    return header_column == len(CELL_SEPARATOR.findall(text, line_start, start))
