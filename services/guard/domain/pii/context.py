"""Context words of a number: shortly before or after it, or in the header of its table column."""

import re
from collections.abc import Sequence

from services.guard.domain.text.boundaries import NO_WORD_BEFORE, NO_WORD_BEHIND

MAX_BEFORE_CHARS = 60
MAX_AFTER_CHARS = 40
MAX_TABLE_CHARS = 4_000
MAX_HEADER_CHARS = 400
MAX_TITLE_CHARS = 40
MAX_CELL_CHARS = 22
CELL_SEPARATOR = re.compile(r"[|,;\t]")
NUMBER_AND_COMMA = re.compile(r"(?:[(\[]\d{1,19}|(?<!\d)\d{7,19}),\Z")
"""A number in a list in brackets, or one too long for the whole part of a decimal."""
NEXT_CELL = re.compile(r",(?=[^\s,])")
NO_CONTEXT = 10_000
"""The distance if there is no context word; more than any other distance."""


def context_words(*words: str, unspaced: Sequence[str] = ()) -> re.Pattern[str]:
    """A pattern for these as whole words in any case; a word may be a pattern with bounded repeats.

    The `unspaced` ones are of scripts without spaces, in which a word may stand inside a run of characters.
    """
    whole = rf"{NO_WORD_BEFORE}(?:{'|'.join(words)}){NO_WORD_BEHIND}"
    return re.compile("|".join((whole, *unspaced)), re.IGNORECASE)


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
    """Whether the title of the table column (CSV, tabs, bars) around `start` has one of the words."""
    table = _table_at(text, start)
    if table is None:
        return False
    header, column = table
    word = words.search(header)
    return word is not None and len(CELL_SEPARATOR.findall(header, 0, word.start())) == column


def column_title(text: str, start: int) -> str:
    """The title of the table column (CSV, tabs, bars) around `start`; empty if there is none."""
    table = _table_at(text, start)
    if table is None:
        return ""
    header, column = table
    titles = CELL_SEPARATOR.split(header)
    line_end = text.find("\n", start, start + MAX_HEADER_CHARS)
    columns = (
        column
        + 1
        + len(CELL_SEPARATOR.findall(text, start, line_end if line_end >= 0 else start + MAX_HEADER_CHARS))
    )
    is_table = 1 < len(titles) == columns and all(len(title) <= MAX_TITLE_CHARS for title in titles)
    return titles[column] if is_table else ""


def _table_at(text: str, start: int) -> tuple[str, int] | None:
    """The header of the paragraph around `start`, and the column of `start` if it were a table."""
    table_start = text.rfind("\n\n", max(0, start - MAX_TABLE_CHARS), start) + 2 if start > 1 else 0
    if table_start <= 1:
        table_start = 0 if start <= MAX_TABLE_CHARS else -1
    line_start = text.rfind("\n", max(0, start - MAX_HEADER_CHARS), start) + 1
    if table_start < 0 or line_start <= table_start:
        return None
    header = text[table_start : table_start + MAX_HEADER_CHARS].partition("\n")[0]
    return header, len(CELL_SEPARATOR.findall(text, line_start, start))


def is_cell(text: str, start: int, end: int) -> bool:
    """Whether a number with a comma and digits beside it is a cell of its own, and no part of a decimal."""
    is_behind_cell = NUMBER_AND_COMMA.search(text, max(0, start - MAX_CELL_CHARS), start) is not None
    return is_behind_cell or NEXT_CELL.match(text, end) is not None or column_title(text, start) != ""
