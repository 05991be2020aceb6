"""Lines whose layout says that a person is named: labels of speakers, and names above an address."""

import re

MAX_NEAR_CHARS = 240
"""Before and after a label in which another one is looked for."""
MAX_MARK_CHARS = 16
"""Of the marks at the begin of a line, as of a quoted mail or a list."""
_CAPITAL = "A-ZÀ-ÖØ-ÞĀ-Ž"
_SPEECH = rf"[\"'\u201c\u201e\u00ab{_CAPITAL}(¿¡]"
LINE_BEFORE = re.compile(r"(?:^|\n)[ \t]{0,4}(?:[>*?#|-]{1,3}[ \t]?){0,3}[ \t\"']{0,4}\Z")
LABEL_AFTER = re.compile(rf"(?:\*\*)?:(?:\*\*)? ?(?={_SPEECH})")
LABEL = re.compile(rf"(?:^|\n)[ \t>*_-]{{0,4}}[{_CAPITAL}][^\W\d_]{{1,23}}(?:\*\*)?:(?:\*\*)? ?{_SPEECH}")
MIN_LABELS = 2
LINE_AFTER = re.compile(r"[ \t,]{0,4}(?:\r?\n|\Z)")
_MARKS = r"[ \t>?|*-]{0,8}"
ADDRESS_LINES = re.compile(
    rf"(?:{_MARKS}[^\n]{{0,60}}\n){{0,3}}?"
    rf"{_MARKS}(?:\d{{1,5}}[a-zA-Z]? |[^\W\d_][^\n\d]{{2,40}} \d{{1,5}}[a-zA-Z]?\b|P\.? ?O\.? Box )"
)


def is_speaker(text: str, start: int, end: int) -> bool:
    """Whether the word is the label of a speaker at the begin of a line, and a line near has a label too."""
    if LABEL_AFTER.match(text, end, end + MAX_MARK_CHARS) is None or not _begins_line(text, start):
        return False
    first = max(0, start - MAX_NEAR_CHARS)
    return len(LABEL.findall(text, first, end + MAX_NEAR_CHARS)) >= MIN_LABELS


def is_above_address(text: str, start: int, end: int) -> bool:
    """Whether the words fill a line, and a line with a number for a house or box is among the next ones."""
    if not _begins_line(text, start):
        return False
    line_end = LINE_AFTER.match(text, end, end + MAX_MARK_CHARS)
    return line_end is not None and ADDRESS_LINES.match(text, line_end.end()) is not None


def fills_line(text: str, start: int, end: int) -> bool:
    """Whether nothing else is in the line."""
    if not _begins_line(text, start):
        return False
    return end == len(text) or LINE_AFTER.match(text, end, end + MAX_MARK_CHARS) is not None


def _begins_line(text: str, start: int) -> bool:
    return LINE_BEFORE.search(text, max(0, start - MAX_MARK_CHARS), start) is not None
