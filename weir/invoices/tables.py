"""A reconciliation as a table for people and as JSON fields for scripts."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from weir.invoices.lines import Invoice
from weir.invoices.reconciliation import InvoiceDifference, Reconciliation
from weir.money import exact

NONE = "-"
ALL = "(all)"
PERCENT = 100


def difference_table(result: Reconciliation, *, shows_all: bool) -> Table:
    """A table of the rows that differ, or of all rows, and the total."""
    costs = ("their USD", "our USD", "difference USD") if result.has_costs else ()
    tokens = (
        ("their input", "our input", "difference", "their output", "our output", "difference")
        if result.has_tokens
        else ()
    )
    table = Table("UTC day", "model", *costs, *tokens, "our calls", "not priced", "only", box=None)
    for row in result.rows:
        if shows_all or result.differs(row):
            table.add_row(*_cells(result, row), style="red" if result.differs(row) else None)
    table.add_section()
    table.add_row(*_cells(result, result.total), style="bold")
    return table


def remarks(result: Reconciliation, invoice: Invoice) -> Sequence[str]:
    """Notes that a reader of the table needs."""
    notes: list[str] = []
    differing = sum(map(result.differs, result.rows))
    measures = [f"{exact(result.tolerance.usd)} USD"] * result.has_costs + [
        f"{result.tolerance.tokens} tokens"
    ] * result.has_tokens
    notes.append(
        f"{differing} of {len(result.rows)} rows differ by more than {' or '.join(measures)}; "
        "days are UTC days of the call's start"
    )
    if result.possibly_held_share:
        notes.append(
            f"{result.possibly_held_share * PERCENT:.1f} % of what they ask beyond ours stands beside calls "
            "of ours that are not priced"
        )
    if invoice.totals:
        notes.append(f"left out as totals: lines {', '.join(map(str, invoice.totals))}")
    if invoice.empty:
        notes.append(f"{len(invoice.empty)} lines have no amount, the first is line {invoice.empty[0]}")
    return notes


def reconciliation_fields(result: Reconciliation, invoice: Invoice) -> Mapping[str, object]:
    """The reconciliation as JSON fields; costs are decimal strings, a measure that the file lacks is null."""
    share = result.possibly_held_share
    return {
        "agrees": result.agrees,
        "tolerance_usd": exact(result.tolerance.usd),
        "tolerance_tokens": result.tolerance.tokens,
        "maybe_held_share": None if share is None else f"{share:.4f}",
        "lines_left_out_as_totals": invoice.totals,
        "lines_without_amount": invoice.empty,
        "rows": [_fields(result, row) for row in result.rows],
        "total": _fields(result, result.total),
    }


def _fields(result: Reconciliation, row: InvoiceDifference) -> Mapping[str, object]:
    def cost(value: object) -> object:
        return None if value is None or not result.has_costs else str(value)

    def tokens(value: int | None) -> int | None:
        return value if result.has_tokens else None

    return {
        "day": row.day.isoformat() if row.day else None,
        "model": row.model or None,
        "their_usd": cost(None if row.invoiced.cost_usd is None else exact(row.invoiced.cost_usd)),
        "our_usd": None if row.booked.cost_usd is None else exact(row.booked.cost_usd),
        "difference_usd": cost(exact(row.cost_usd)),
        "their_input_tokens": row.invoiced.input_tokens,
        "our_input_tokens": row.booked.input_tokens,
        "difference_input_tokens": tokens(row.input_tokens),
        "their_output_tokens": row.invoiced.output_tokens,
        "our_output_tokens": row.booked.output_tokens,
        "difference_output_tokens": tokens(row.output_tokens),
        "our_calls": row.booked_calls,
        "not_priced": row.not_priced,
        "only": row.only,
        "differs": result.differs(row),
    }


def _cells(result: Reconciliation, row: InvoiceDifference) -> Sequence[str]:
    costs = (
        [
            NONE if cost is None else exact(cost)
            for cost in (row.invoiced.cost_usd, row.booked.cost_usd, row.cost_usd)
        ]
        if result.has_costs
        else []
    )
    counts: list[int | None] = [row.invoiced.input_tokens, row.booked.input_tokens, row.input_tokens]
    counts += [row.invoiced.output_tokens, row.booked.output_tokens, row.output_tokens]
    tokens = [NONE if count is None else str(count) for count in counts] if result.has_tokens else []
    return [
        str(row.day) if row.day else ALL,
        row.model or ALL,
        *costs,
        *tokens,
        str(row.booked_calls),
        str(row.not_priced),
        row.only or "",
    ]
