"""What the title of a column says about a cell of a table: that no person stands in it."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

MIN_CELLS = 3
MAX_LINE_CHARS = 2_000
MAX_TITLE_CHARS = 40
MARKDOWN_HEAD = re.compile(r"^\|([^\n]{1,2000})\|[ \t]{0,4}\n\|[ :|-]{3,2000}$", re.MULTILINE)
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


@lru_cache(maxsize=8)
def _heads(text: str) -> Mapping[int, Sequence[str]]:
    """The cells of the head of each table in Markdown by its start, and of the first line of CSV at 0."""
    heads = {match.start(): _cells(match[1], "|") for match in MARKDOWN_HEAD.finditer(text)}
    first, _, others = text[: 2 * MAX_LINE_CHARS].partition("\n")
    cells = _cells(first, SEPARATOR_OF_CSV)
    second = others.partition("\n")[0]
    if 0 not in heads and len(cells) >= MIN_CELLS and second.count(SEPARATOR_OF_CSV) >= len(cells) - 1:
        heads[0] = cells
    return MappingProxyType(heads)


def _cells(line: str, separator: str) -> Sequence[str]:
    return tuple(cell.strip(" \t\"'*_") for cell in line.strip("| \t").split(separator))


def is_in_column_of_things(text: str, start: int) -> bool:
    """Whether the title of the column at `start` says that things stand in it, as films, teams or places."""
    heads = _heads(text)
    if not heads:
        return False
    starts = sorted(heads)
    head_start = starts[bisect_right(starts, start) - 1]
    line_start = text.rfind("\n", max(0, start - MAX_LINE_CHARS), start) + 1
    if head_start >= start or line_start <= head_start:
        return False
    column = _column(text[line_start:start], is_markdown=text.startswith("|", head_start))
    titles = heads[head_start]
    return 0 <= column < len(titles) and _is_of_things(titles[column])


def _column(before: str, *, is_markdown: bool) -> int:
    """The number of the column behind this beginning of a row, or -1 where the line is no row."""
    if is_markdown:
        return before.count("|") - 1 if before.startswith("|") else -1
    return QUOTED.sub("", before).count(SEPARATOR_OF_CSV)


def _is_of_things(title: str) -> bool:
    return len(title) <= MAX_TITLE_CHARS and TITLE.fullmatch(title) is not None
