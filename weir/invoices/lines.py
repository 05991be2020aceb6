"""Reads the lines of an invoice: day, model, cost and tokens; unreadable cells are named by line."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import TypeVar

from weir.invoices.columns import InvoiceColumns
from weir.invoices.export_file import MAX_LINES_LISTED, InvoiceError, InvoiceFile, InvoiceRow
from weir.invoices.values import (
    Cell,
    DateOrder,
    DecimalSign,
    UnreadableCellError,
    detect_date_order,
    detect_decimal_sign,
    parse_amount,
    parse_count,
    parse_utc_day,
)

TOTAL_LABEL = re.compile(r"(?:grand |sub-?)?(?:total|sum)\b.*", re.IGNORECASE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InvoiceFormat:
    """Formats that the caller gives where a file is ambiguous; times without an offset are in `zone`."""

    decimal: DecimalSign | None = None
    order: DateOrder | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice; a field is None if the file has no column or cell for it."""

    number: int
    day: date | None
    model: str
    cost_usd: Decimal | None
    input_tokens: int | None
    output_tokens: int | None


@dataclass(slots=True)
class Invoice:
    """The lines of a file, and the numbers of those left out: totals, and lines without an amount."""

    lines: list[InvoiceLine] = field(default_factory=list[InvoiceLine])
    totals: list[int] = field(default_factory=list[int])
    empty: list[int] = field(default_factory=list[int])


def read_lines(file: InvoiceFile, columns: InvoiceColumns, file_format: InvoiceFormat) -> Invoice:
    """Read every line; raises InvoiceError with the first lines that cannot be read."""
    invoice, problems = Invoice(), list[str]()
    try:
        parser = _RowParser(file, columns, file_format)
    except UnreadableCellError as error:
        raise InvoiceError(str(error)) from error
    for row in file.rows:
        if parser.is_total(row):
            invoice.totals.append(row.number)
        elif not parser.has_amount(row):
            invoice.empty.append(row.number)
        else:
            try:
                invoice.lines.append(parser.line(row))
            except UnreadableCellError as error:
                problems.append(f"line {row.number}: {error}")
    if problems:
        more = f"\nand {len(problems) - MAX_LINES_LISTED} more" if len(problems) > MAX_LINES_LISTED else ""
        raise InvoiceError("\n".join(problems[:MAX_LINES_LISTED]) + more)
    if not invoice.lines:
        msg = "no line of the file has an amount"
        raise InvoiceError(msg)
    return invoice


class _RowParser:
    """Parses rows by their columns; the decimal sign and date order are detected from whole columns first."""

    def __init__(self, file: InvoiceFile, columns: InvoiceColumns, file_format: InvoiceFormat) -> None:
        self._columns = columns
        self._zone = file_format.zone
        self._amounts = tuple(
            name for name in (columns.cost, *columns.input_tokens, *columns.output_tokens) if name is not None
        )
        default: DecimalSign = "," if file.separator == ";" else "."
        rows = [row for row in file.rows if not self.is_total(row)]
        self._decimal: DecimalSign = file_format.decimal or detect_decimal_sign(
            _cells(rows, columns.cost), default
        )
        self._order: DateOrder | None = detect_date_order(_cells(rows, columns.date), file_format.order)

    def is_total(self, row: InvoiceRow) -> bool:
        """Whether the date or model cell is a label such as "Total"."""
        return any(
            TOTAL_LABEL.fullmatch(row.cells[name])
            for name in (self._columns.date, self._columns.model)
            if name is not None
        )

    def has_amount(self, row: InvoiceRow) -> bool:
        return any(row.cells[name] for name in self._amounts)

    def line(self, row: InvoiceRow) -> InvoiceLine:
        columns = self._columns
        currency = row.cells[columns.currency] if columns.currency else ""
        if currency and currency.upper() not in {"USD", "US$", "$"}:
            msg = f"the currency is '{currency}', and bookings are in USD: convert the file first"
            raise UnreadableCellError(msg)
        return InvoiceLine(
            number=row.number,
            day=self._day(row),
            model=self._model(row),
            cost_usd=_parse_cell(row, columns.cost, lambda text: parse_amount(text, self._decimal)),
            input_tokens=_sum(row, columns.input_tokens),
            output_tokens=_sum(row, columns.output_tokens),
        )

    def _day(self, row: InvoiceRow) -> date | None:
        if self._columns.date is None:
            return None
        text = row.cells[self._columns.date]
        if not text:
            msg = "it has an amount and no date: if it is a total, take it out"
            raise UnreadableCellError(msg)
        return parse_utc_day(text, self._order, self._zone)

    def _model(self, row: InvoiceRow) -> str:
        """The model's name; OpenAI's cost lines append the token class after a comma."""
        if self._columns.model is None:
            return ""
        return row.cells[self._columns.model].split(", ")[0]


def _cells(rows: Iterable[InvoiceRow], column: str | None) -> Sequence[Cell]:
    return (
        [(row.number, row.cells[column]) for row in rows if row.cells[column]] if column is not None else []
    )


def _parse_cell(row: InvoiceRow, column: str | None, parse: Callable[[str], T]) -> T | None:
    return parse(row.cells[column]) if column is not None and row.cells[column] else None


def _sum(row: InvoiceRow, columns: Sequence[str]) -> int | None:
    counts = [parse_count(row.cells[name]) for name in columns if row.cells[name]]
    return sum(counts) if counts else None
