"""Reads a CSV file as rows with line numbers; encoding, separator and header line are detected."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 512 * 1024 * 1024
SEPARATORS = (",", ";", "\t", "|")
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
SAMPLE_LINES = 10
"""Lines from which the separator is detected."""
MAX_LINES_LISTED = 10
"""Lines that one error message names."""


class InvoiceError(Exception):
    """A file or an option cannot be used; the message names lines or columns and how to fix it."""


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One record of the file, by column name as the file spells it; `number` is its line number."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """The header and the rows below it, without empty rows."""

    columns: Sequence[str]
    rows: Sequence[InvoiceRow]
    separator: str


def read_file(path: Path) -> InvoiceFile:
    """Read a file; raises InvoiceError if it is not readable or not a table."""
    text = _text(path)
    lines = text.splitlines()
    separator = max(
        SEPARATORS, key=lambda sign: max((line.count(sign) for line in lines[:SAMPLE_LINES]), default=0)
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows: list[InvoiceRow] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if header:
                rows.append(_row(header, stripped, reader.line_num))
            elif sum(map(bool, stripped)) > 1:
                header = stripped
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: {error}"
        raise InvoiceError(msg) from error
    if not rows:
        msg = f"{path} has no header with lines below it"
        raise InvoiceError(msg)
    return InvoiceFile(header, rows, separator)


def _row(header: Sequence[str], cells: Sequence[str], number: int) -> InvoiceRow:
    if any(cells[len(header) :]):
        msg = (
            f"line {number} has {len(cells)} cells, the header has {len(header)}: "
            "is a comma inside a cell without quotes?"
        )
        raise InvoiceError(msg)
    padded = [*cells, *[""] * (len(header) - len(cells))]
    # Of two columns with one name the first wins; choose_columns refuses such a name if it is needed.
    return InvoiceRow(number, dict(reversed(list(zip(header, padded, strict=False)))))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            msg = f"{path} is larger than {MAX_BYTES // 1024**2} MiB: split it by month"
            raise InvoiceError(msg)
        raw = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or type(error).__name__}"
        raise InvoiceError(msg) from error
    try:
        return raw.decode("utf-16" if raw.startswith(UTF16_BOMS) else "utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        msg = f"{path} is neither UTF-8 nor UTF-16: save it as UTF-8"
        raise InvoiceError(msg) from error
