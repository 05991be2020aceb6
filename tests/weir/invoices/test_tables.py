"""A reconciliation as table and JSON: only measures of the file, and unknown costs as unknown."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from rich.console import Console
from rich.table import Table

from weir.invoices.lines import Invoice, InvoiceLine
from weir.invoices.reconciliation import BookedUsage, Reconciliation, Tolerance, reconcile
from weir.invoices.tables import difference_table, reconciliation_fields, remarks

DAY = date(2026, 11, 20)


def reconciled(*, costs: bool = True, tokens: bool = False) -> Reconciliation:
    """Model `a` agrees, model `b` has no known cost of ours, model `c` is on the invoice only."""
    cost = {"a": "0.25", "b": "0.5", "c": "1"}
    counts = (100, 10) if tokens else (None, None)
    lines = [
        InvoiceLine(number, DAY, model, Decimal(cost[model]) if costs else None, *counts)
        for number, model in enumerate(cost)
    ]
    booked = [
        BookedUsage(DAY, "a", None, Decimal("0.25"), 100, 10, 0, 1),
        BookedUsage(DAY, "b", None, None, 100, 10, 1, 1),
    ]
    return reconcile(lines, booked, {}, "day-model", Tolerance(Decimal("0.01"), 5))


def cells(table: Table) -> list[list[str]]:
    output = io.StringIO()
    Console(file=output, width=250).print(table)
    lines = output.getvalue().splitlines()[1:]
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines if line.strip()]


def test_rows_that_agree_are_left_out_unless_all_are_asked_for() -> None:
    result = reconciled()

    differing, everything = (
        cells(difference_table(result, shows_all=False)),
        cells(difference_table(result, shows_all=True)),
    )

    assert differing == [
        ["2026-11-20", "b", "0.5", "-", "0.5", "1", "1"],
        ["2026-11-20", "c", "1", "-", "1", "0", "0", "theirs"],
        ["(all)", "(all)", "1.75", "0.25", "1.5", "2", "1"],
    ]
    assert everything[0] == ["2026-11-20", "a", "0.25", "0.25", "0", "1", "0"]
    assert everything[1:] == differing


@pytest.mark.parametrize(("costs", "tokens", "columns"), [(True, False, 8), (False, True, 11)])
def test_a_table_has_columns_for_the_measures_of_the_file_alone(
    costs: bool, tokens: bool, columns: int
) -> None:
    result = reconciled(costs=costs, tokens=tokens)

    assert len(difference_table(result, shows_all=True).columns) == columns


def test_scripts_get_amounts_as_text_and_null_for_a_measure_that_the_file_lacks() -> None:
    fields = json.loads(json.dumps(reconciliation_fields(reconciled(), Invoice(totals=[9], empty=[3]))))

    assert (fields["agrees"], fields["lines_left_out_as_totals"], fields["lines_without_amount"]) == (
        False,
        [9],
        [3],
    )
    unpriced = fields["rows"][1]
    assert (unpriced["their_usd"], unpriced["our_usd"], unpriced["difference_usd"]) == ("0.5", None, "0.5")
    assert unpriced["difference_input_tokens"] is None
    assert [row["differs"] for row in fields["rows"]] == [False, True, True]
    assert (fields["total"]["day"], fields["total"]["model"]) == (None, None)


def test_remarks_name_what_was_left_out_and_the_share_that_may_be_held() -> None:
    everything = remarks(reconciled(), Invoice(totals=[9, 12], empty=[3]))

    assert everything[0].startswith("2 of 3 rows differ by more than 0.01 USD; ")
    assert everything[1].startswith("33.3 % of what they ask beyond ours")
    assert everything[2:] == [
        "left out as totals: lines 9, 12",
        "1 lines have no amount, the first is line 3",
    ]
    assert "or 5 tokens" in remarks(reconciled(tokens=True), Invoice())[0]
