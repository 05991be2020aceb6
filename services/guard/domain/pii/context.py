"""What stands around a number says what it is: words just before or after it, or the title of its column."""

import re

BEFORE = 60
AFTER = 40
TABLE = 4_000
TITLES = 400
CELLS = re.compile(r"[|,;\t]")
NOT_NEAR = 10_000


def context_words(*stems: str) -> re.Pattern[str]:
    """Any of these, as whole words in any case; a stem may be a pattern with bounded repeats."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(stems)})(?![^\W\d_])", re.IGNORECASE)


def context_distance(text: str, start: int, end: int, named: re.Pattern[str]) -> int:
    """Characters between a place and the nearest word that names it; NOT_NEAR where none does."""
    before = [match.end() for match in named.finditer(text, max(0, start - BEFORE), start)]
    if before:
        return start - before[-1]
    after = named.search(text, end, min(len(text), end + AFTER))
    if after is not None and "\n" not in text[end : after.start()]:
        return BEFORE + after.start() - end
    return 2 * BEFORE if _has_column_header(text, start, named) else NOT_NEAR


def has_context(text: str, start: int, end: int, named: re.Pattern[str]) -> bool:
    """Whether a word near a place names it."""
    return context_distance(text, start, end, named) < NOT_NEAR


def _has_column_header(text: str, start: int, named: re.Pattern[str]) -> bool:
    """Whether the column of a table (CSV, tabs, bars) that holds this place has such a title."""
    block = text.rfind("\n\n", max(0, start - TABLE), start) + 2 if start > 1 else 0
    first = block if block > 1 else (0 if start <= TABLE else -1)
    line = text.rfind("\n", max(0, start - TITLES), start) + 1
    if first < 0 or line <= first:
        return False
    titles = text[first : first + TITLES].partition("\n")[0]
    title = named.search(titles)
    return title is not None and len(CELLS.findall(titles, 0, title.start())) == len(
        CELLS.findall(text, line, start)
    )
