"""The lines of a provider's file: day, model, cost and tokens, each cell read or named with its line."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import TypeVar

from weir.invoices.columns import InvoiceColumns
from weir.invoices.export_file import LISTED, InvoiceError, InvoiceFile, InvoiceRow
from weir.invoices.values import (
    Cell,
    DateOrder,
    Separator,
    UnreadableCellError,
    amount,
    count,
    date_order,
    decimal_sign,
    utc_day,
)

TOTAL = re.compile(r"(?:grand |sub-?)?(?:total|sum)\b.*", re.IGNORECASE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InvoiceFormat:
    """How to read what a file does not say by itself."""

    decimal: Separator | None = None
    order: DateOrder | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What the provider asks for; None where the file does not say it."""

    number: int
    day: date | None
    model: str
    cost_usd: Decimal | None
    input_tokens: int | None
    output_tokens: int | None


@dataclass(slots=True)
class Invoice:
    """The lines, and the numbers of those that were left out: totals, and lines without any amount."""

    lines: list[InvoiceLine] = field(default_factory=list[InvoiceLine])
    totals: list[int] = field(default_factory=list[int])
    empty: list[int] = field(default_factory=list[int])


def read_lines(file: InvoiceFile, columns: InvoiceColumns, reading: InvoiceFormat) -> Invoice:
    """Read every line; raises InvoiceError that names the first lines that cannot be read."""
    invoice, problems = Invoice(), list[str]()
    try:
        reader = _InvoiceRowParser(file, columns, reading)
    except UnreadableCellError as error:
        raise InvoiceError(str(error)) from error
    for row in file.rows:
        if reader.is_total(row):
            invoice.totals.append(row.number)
        elif not reader.has_amount(row):
            invoice.empty.append(row.number)
        else:
            try:
                invoice.lines.append(reader.line(row))
            except UnreadableCellError as error:
                problems.append(f"line {row.number}: {error}")
    if problems:
        more = f"\nand {len(problems) - LISTED} more" if len(problems) > LISTED else ""
        raise InvoiceError("\n".join(problems[:LISTED]) + more)
    if not invoice.lines:
        msg = "no line of the file has an amount"
        raise InvoiceError(msg)
    return invoice


class _InvoiceRowParser:
    """Reads rows by their columns; what only a whole column can tell is settled first."""

    def __init__(self, file: InvoiceFile, columns: InvoiceColumns, reading: InvoiceFormat) -> None:
        self._columns = columns
        self._zone = reading.zone
        self._amounts = tuple(
            name for name in (columns.cost, *columns.input_tokens, *columns.output_tokens) if name is not None
        )
        default: Separator = "," if file.separator == ";" else "."
        rows = [row for row in file.rows if not self.is_total(row)]
        self._decimal: Separator = reading.decimal or decimal_sign(_cells(rows, columns.cost), default)
        self._order: DateOrder | None = date_order(_cells(rows, columns.date), reading.order)

    def is_total(self, row: InvoiceRow) -> bool:
        """Whether the line says of itself that it is a sum."""
        return any(
            TOTAL.fullmatch(row.cells[name])
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
            cost_usd=_read(row, columns.cost, lambda text: amount(text, self._decimal)),
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
        return utc_day(text, self._order, self._zone)

    def _model(self, row: InvoiceRow) -> str:
        """The model's name; OpenAI's lines of cost say after a comma which class of tokens they are of."""
        if self._columns.model is None:
            return ""
        return row.cells[self._columns.model].split(", ")[0]


def _cells(rows: Iterable[InvoiceRow], column: str | None) -> Sequence[Cell]:
    return (
        [(row.number, row.cells[column]) for row in rows if row.cells[column]] if column is not None else []
    )


def _read(row: InvoiceRow, column: str | None, parse: Callable[[str], T]) -> T | None:
    return parse(row.cells[column]) if column is not None and row.cells[column] else None


def _sum(row: InvoiceRow, columns: Sequence[str]) -> int | None:
    counts = [count(row.cells[name]) for name in columns if row.cells[name]]
    return sum(counts) if counts else None
