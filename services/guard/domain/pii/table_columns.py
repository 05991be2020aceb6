"""What the title of a column says about a cell of a table: that no person stands in it."""

import re
from collections.abc import Sequence

MIN_CELLS = 3
MAX_LINE_CHARS = 2_000
MAX_TITLE_CHARS = 40
MAX_TABLE_CHARS = 20_000
"""Before a cell where the head of its table is looked for."""
RULES = ("\n| ---", "\n|---", "\n| :-", "\n|:-", "\n|--")
"""Beginnings of the line between the head and the rows."""
_THINGS = (
    r"state|team|pollster|film|movie|city|company|country|region|county|club|school|university|album|song|track|title"
    r"|brand|product|model|place|location|venue|restaurant|hotel|station|organi[sz]ation|publisher|employer|book|game"
    r"|show|series|artwork|species|breed|stadt|land|firma|unternehmen|verein|titel|buch|marke|produkt|ort|verlag"
    r"|ville|pays|entreprise|titre|livre|marque|lieu|ciudad|pa[i\u00ed]s|empresa|pel[i\u00ed]cula|t[i\u00ed]tulo"
    r"|marca|lugar|citt[a\u00e0]|paese|azienda|titolo|libro|marchio|cidade|filme|livro|stad|bedrijf|boek|plaats|merk"
)
TITLE = re.compile(rf"(?:[^\W_]{{1,12}}[ _-]){{0,2}}(?:{_THINGS})s?(?:[ _-]?name)?", re.IGNORECASE)
"""Of a column of things."""
QUOTED = re.compile(r'"[^"\n]{0,200}"')
SEPARATOR_OF_CSV = ","


def is_in_column_of_things(text: str, start: int) -> bool:
    """Whether the title of the column at `start` says that things stand in it, as films, teams or places."""
    line_start = text.rfind("\n", max(0, start - MAX_LINE_CHARS), start) + 1
    if not line_start:
        return False
    before = text[line_start:start]
    is_markdown = before.startswith("|")
    titles = _head_of_markdown(text, line_start) if is_markdown else _head_of_csv(text, line_start)
    column = _column(before, is_markdown=is_markdown)
    return 0 <= column < len(titles) and _is_of_things(titles[column])


def _head_of_markdown(text: str, line_start: int) -> Sequence[str]:
    """The titles of the last table that begins before this line."""
    first = max(0, line_start - MAX_TABLE_CHARS)
    rule = max(text.rfind(beginning, first, line_start) for beginning in RULES)
    head_start = text.rfind("\n", first, max(rule, first)) + 1 or first
    return _cells(text[head_start:rule], "|") if rule > 0 and text.startswith("|", head_start) else ()


def _head_of_csv(text: str, line_start: int) -> Sequence[str]:
    """The titles in the first line of a text of which the next line has as many cells."""
    first_end = text.find("\n", 0, MAX_LINE_CHARS)
    if not 0 < first_end < line_start:
        return ()
    cells = _cells(text[:first_end], SEPARATOR_OF_CSV)
    second_end = text.find("\n", first_end + 1, first_end + MAX_LINE_CHARS)
    second = text[first_end + 1 : second_end if second_end > 0 else first_end + MAX_LINE_CHARS]
    is_table = len(cells) >= MIN_CELLS and second.count(SEPARATOR_OF_CSV) >= len(cells) - 1
    return cells if is_table else ()


def _cells(line: str, separator: str) -> Sequence[str]:
    return tuple(cell.strip(" \t\"'*_") for cell in line.strip("| \t").split(separator))


def _column(before: str, *, is_markdown: bool) -> int:
    """The number of the column behind this beginning of a row."""
    if is_markdown:
        return before.count("|") - 1
    return QUOTED.sub("", before).count(SEPARATOR_OF_CSV)


def _is_of_things(title: str) -> bool:
    return len(title) <= MAX_TITLE_CHARS and TITLE.fullmatch(title) is not None
