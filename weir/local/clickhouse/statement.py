"""Splits the text of a request into statement and rows, and finds the format, without running it."""

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
_TAIL_BYTES = 4096
_ANSWERING = frozenset(
    {b"SELECT", b"WITH", b"SHOW", b"DESC", b"DESCRIBE", b"EXISTS", b"EXPLAIN", b"CHECK", b"FROM", b"VALUES"}
)
_SESSION_CHANGING = frozenset({b"SET", b"USE"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement; rows of an insert are kept apart, because the engine would split them at `;`."""

    text: bytes
    rows: bytes | None
    """The raw rows of an insert; None for statements without rows."""
    format: str | None
    """The format in the text, of the rows of an insert or of the output."""
    answers_rows: bool
    changes_session: bool


def parse(text: bytes) -> Statement:
    """Parse the text of a request; the rows of an insert are split off unparsed."""
    keyword = _keyword(text)
    if keyword == b"INSERT":
        return _parse_insert(text)
    match = _FORMAT_AT_END.search(text[-_TAIL_BYTES:])
    return Statement(
        text=text,
        rows=None,
        format=match.group(1).decode() if match else None,
        answers_rows=keyword in _ANSWERING,
        changes_session=keyword in _SESSION_CHANGING,
    )


def _keyword(text: bytes) -> bytes:
    for match in TOKEN.finditer(text):
        if match.lastgroup == "word":
            return match.group().upper()
        # A query may begin with parentheses; anything else is a syntax error, which the engine reports.
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
