"""Find out what a ClickHouse statement is without running it: does it answer rows, in which format, where does its data begin."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    rb"""(?P<space>\s+|--[^\n]*(?:\n|$)|\#![^\n]*(?:\n|$)|/\*.*?(?:\*/|$))
    |(?P<quoted>'(?:[^'\\]|\\.|'')*(?:'|$)|`(?:[^`\\]|\\.|``)*(?:`|$)|"(?:[^"\\]|\\.|"")*(?:"|$))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_FORMAT_NAME = re.compile(rb"\s*([A-Za-z0-9]+)[ \t]*(?:\r?\n)?")
_FORMAT_AT_END = re.compile(rb"\bFORMAT\s+([A-Za-z0-9]+)\s*(?:\bSETTINGS\b[^;]*)?;?\s*$", re.IGNORECASE)
_TAIL = 4096
_ANSWERING = frozenset(
    {b"SELECT", b"WITH", b"SHOW", b"DESC", b"DESCRIBE", b"EXISTS", b"EXPLAIN", b"CHECK", b"FROM", b"VALUES"}
)
_SESSION_CHANGING = frozenset({b"SET", b"USE"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as the engine needs it; the raw rows of an insert stand beside its text, because the engine cuts them at `;`."""

    text: bytes
    rows: bytes | None
    """None when the statement brings no rows of its own."""
    format: str | None
    """The format that the text names, for the rows of an insert or for the answer."""
    answers_rows: bool
    changes_session: bool


def parse(text: bytes) -> Statement:
    """Split a request's text; the rows of an insert are cut off without being looked at."""
    keyword = _keyword(text)
    if keyword == b"INSERT":
        return _parse_insert(text)
    named = _FORMAT_AT_END.search(text[-_TAIL:])
    return Statement(
        text=text,
        rows=None,
        format=named.group(1).decode() if named else None,
        answers_rows=keyword in _ANSWERING,
        changes_session=keyword in _SESSION_CHANGING,
    )


def _keyword(text: bytes) -> bytes:
    for match in TOKEN.finditer(text):
        if match.lastgroup == "word":
            return match.group().upper()
        # A query may stand in parentheses, anything else is a syntax error for the engine to report.
        if match.lastgroup != "space" and match.group() != b"(":
            return b""
    return b""


def _parse_insert(text: bytes) -> Statement:
    depth = 0
    for match in TOKEN.finditer(text):
        if match.lastgroup == "other":
            depth += {b"(": 1, b")": -1}.get(match.group(), 0)
        if match.lastgroup != "word" or depth != 0:
            continue
        word = match.group().upper()
        if word in {b"SELECT", b"WITH", b"INFILE"}:
            break
        if word == b"VALUES":
            return _insert(text[: match.start()], text[match.end() :], "Values")
        if word == b"FORMAT" and (name := _FORMAT_NAME.match(text, match.end())):
            return _insert(text[: match.start()], text[name.end() :], name.group(1).decode())
    return Statement(text=text, rows=None, format=None, answers_rows=False, changes_session=False)


def _insert(head: bytes, rows: bytes, format_name: str) -> Statement:
    return Statement(
        text=head.strip(), rows=rows, format=format_name, answers_rows=False, changes_session=False
    )
