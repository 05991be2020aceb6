"""Files of invoices as lines: header, separator and decimal sign are detected, totals are left out."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from weir.invoices.columns import InvoiceColumns
from weir.invoices.export_file import InvoiceError, read_file
from weir.invoices.lines import Invoice, InvoiceFormat, InvoiceLine, read_lines

COLUMNS = InvoiceColumns(date="day", model="model", cost="cost", input_tokens=("fresh", "cached"))


def read(folder: Path, text: str) -> Invoice:
    file = folder / "invoice.csv"
    file.write_text(text, encoding="utf-8-sig")
    return read_lines(read_file(file), COLUMNS, InvoiceFormat())


def test_a_title_a_total_and_a_line_without_an_amount_are_left_out(tmp_path: Path) -> None:
    rows = "20.11.2026;m;0,25;600;400\n21.11.2026;m;;;\nTotal;;0,25;;\n"

    invoice = read(tmp_path, "Invoice 7\n\nday;model;cost;fresh;cached\n" + rows)

    assert invoice.lines == [InvoiceLine(4, date(2026, 11, 20), "m", Decimal("0.25"), 1000, None)]
    assert (invoice.empty, invoice.totals) == ([5], [6])


def test_unreadable_cells_are_named_with_their_lines(tmp_path: Path) -> None:
    text = "day,model,cost,fresh,cached\n2026-11-20,m,cheap,,\n,m,0.25,,\n"

    with pytest.raises(
        InvoiceError, match="line 2: 'cheap' is no amount of USD\nline 3: it has an amount and no date"
    ):
        read(tmp_path, text)
