"""A provider's CSV file as rows with their line numbers, whatever its encoding, its separator and the lines before its header."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 512 * 1024 * 1024
SEPARATORS = (",", ";", "\t", "|")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
LISTED = 10


class InvoiceError(Exception):
    """A file cannot be compared; the message names the lines or the columns, and the way out."""


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One record of the file, by the names of its columns as the file writes them."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """The header and the rows below it, without empty ones."""

    columns: Sequence[str]
    rows: Sequence[InvoiceRow]
    separator: str


def read_file(path: Path) -> InvoiceFile:
    """Read a file; raises InvoiceError where it is no table."""
    text = _text(path)
    lines = text.splitlines()
    separator = max(SEPARATORS, key=lambda one: max((line.count(one) for line in lines[:LISTED]), default=0))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows: list[InvoiceRow] = []
    try:
        for cells in reader:
            named = [cell.strip() for cell in cells]
            if not any(named):
                continue
            if header:
                rows.append(_row(header, named, reader.line_num))
            elif sum(map(bool, named)) > 1:
                header = named
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: {error}"
        raise InvoiceError(msg) from error
    if not rows:
        msg = f"{path} has no header with lines below it"
        raise InvoiceError(msg)
    return InvoiceFile(header, rows, separator)


def _row(header: Sequence[str], cells: Sequence[str], number: int) -> InvoiceRow:
    if any(cells[len(header) :]):
        msg = f"line {number} has {len(cells)} cells, the header has {len(header)}: is a comma inside a cell without quotes?"
        raise InvoiceError(msg)
    padded = [*cells, *[""] * (len(header) - len(cells))]
    # The first of two columns with one name wins; a chosen column that stands twice is refused where it is chosen.
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
        return raw.decode("utf-16" if raw.startswith(UTF16) else "utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        msg = f"{path} is neither UTF-8 nor UTF-16: save it as UTF-8"
        raise InvoiceError(msg) from error
