"""A reconciliation for people and for scripts."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from weir.invoices.lines import Invoice
from weir.invoices.reconciliation import InvoiceDifference, Reconciliation
from weir.money import exact

NONE = "-"
ALL = "(all)"
PERCENT = 100


def difference_table(found: Reconciliation, *, is_whole: bool) -> Table:
    """The rows that differ, or all, and the sum."""
    costs = ("their USD", "our USD", "difference USD") if found.has_costs else ()
    tokens = (
        ("their input", "our input", "difference", "their output", "our output", "difference")
        if found.has_tokens
        else ()
    )
    table = Table("UTC day", "model", *costs, *tokens, "our calls", "not priced", "only", box=None)
    for row in found.rows:
        if is_whole or found.differs(row):
            table.add_row(*_cells(found, row), style="red" if found.differs(row) else None)
    table.add_section()
    table.add_row(*_cells(found, found.total), style="bold")
    return table


def remarks(found: Reconciliation, invoice: Invoice) -> Sequence[str]:
    """What a reader must know beside the table."""
    said: list[str] = []
    apart = sum(map(found.differs, found.rows))
    measures = [f"{exact(found.tolerance.usd)} USD"] * found.has_costs + [
        f"{found.tolerance.tokens} tokens"
    ] * found.has_tokens
    said.append(
        f"{apart} of {len(found.rows)} rows differ by more than {' or '.join(measures)}; days are UTC days of the call's start"
    )
    if found.maybe_held_share:
        said.append(
            f"{found.maybe_held_share * PERCENT:.1f} % of what they ask beyond ours stands beside calls of ours that are not priced"
        )
    if invoice.totals:
        said.append(f"left out as totals: lines {', '.join(map(str, invoice.totals))}")
    if invoice.empty:
        said.append(f"{len(invoice.empty)} lines have no amount, the first is line {invoice.empty[0]}")
    return said


def reconciliation_fields(found: Reconciliation, invoice: Invoice) -> Mapping[str, object]:
    """Everything, money as decimal strings; a measure that the file does not have is null."""
    share = found.maybe_held_share
    return {
        "agrees": found.agrees,
        "tolerance_usd": exact(found.tolerance.usd),
        "tolerance_tokens": found.tolerance.tokens,
        "maybe_held_share": None if share is None else f"{share:.4f}",
        "lines_left_out_as_totals": invoice.totals,
        "lines_without_amount": invoice.empty,
        "rows": [_fields(found, row) for row in found.rows],
        "total": _fields(found, found.total),
    }


def _fields(found: Reconciliation, row: InvoiceDifference) -> Mapping[str, object]:
    def cost(value: object) -> object:
        return None if value is None or not found.has_costs else str(value)

    def tokens(value: int | None) -> int | None:
        return value if found.has_tokens else None

    return {
        "day": row.day.isoformat() if row.day else None,
        "model": row.model or None,
        "their_usd": cost(None if row.theirs.cost_usd is None else exact(row.theirs.cost_usd)),
        "our_usd": None if row.ours.cost_usd is None else exact(row.ours.cost_usd),
        "difference_usd": cost(exact(row.cost_usd)),
        "their_input_tokens": row.theirs.input_tokens,
        "our_input_tokens": row.ours.input_tokens,
        "difference_input_tokens": tokens(row.input_tokens),
        "their_output_tokens": row.theirs.output_tokens,
        "our_output_tokens": row.ours.output_tokens,
        "difference_output_tokens": tokens(row.output_tokens),
        "our_calls": row.our_calls,
        "not_priced": row.not_priced,
        "only": row.only,
        "differs": found.differs(row),
    }


def _cells(found: Reconciliation, row: InvoiceDifference) -> Sequence[str]:
    costs = (
        [
            NONE if one is None else exact(one)
            for one in (row.theirs.cost_usd, row.ours.cost_usd, row.cost_usd)
        ]
        if found.has_costs
        else []
    )
    counts: list[int | None] = [row.theirs.input_tokens, row.ours.input_tokens, row.input_tokens]
    counts += [row.theirs.output_tokens, row.ours.output_tokens, row.output_tokens]
    tokens = [NONE if one is None else str(one) for one in counts] if found.has_tokens else []
    return [
        str(row.day) if row.day else ALL,
        row.model or ALL,
        *costs,
        *tokens,
        str(row.our_calls),
        str(row.not_priced),
        row.only or "",
    ]
