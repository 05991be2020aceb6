"""Compares the lines of a provider's invoice with the booked usage, by UTC day and model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from weir.invoices.lines import InvoiceLine
from weir.stack.migrate import DATABASE

ZERO = Decimal(0)
BOOKED_USAGE = """
SELECT v.day, v.served_model, v.response_model, sum(v.cost_usd), sum(v.all_input_tokens),
    sum(v.all_output_tokens), sum(v.not_priced), sum(v.calls)
FROM {db}.usage_lines AS v
WHERE v.day >= {since:Date} AND v.day < {until:Date}
    AND (empty({provider:String}) OR v.provider = {provider:String})
GROUP BY v.day, v.served_model, v.response_model
"""
PROVIDERS = "SELECT DISTINCT provider FROM {db}.usage ORDER BY provider"

N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class BookedUsage:
    """The booked usage of one UTC day and model; `response_model` is the name that the provider reported."""

    day: date
    served_model: str
    response_model: str | None
    cost_usd: Decimal | None
    input_tokens: int | None
    output_tokens: int | None
    not_priced: int
    calls: int


@dataclass(slots=True)
class SideTotals:
    """The sums of the invoice or of the bookings; None if no value is known."""

    cost_usd: Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    def add(self, cost_usd: Decimal | None, input_tokens: int | None, output_tokens: int | None) -> None:
        """Add the values that are known."""
        self.cost_usd = _plus(self.cost_usd, cost_usd)
        self.input_tokens = _plus(self.input_tokens, input_tokens)
        self.output_tokens = _plus(self.output_tokens, output_tokens)


@dataclass(slots=True)
class InvoiceDifference:
    """Both sides of one day and model; a difference is invoice minus bookings, with absent sums as 0."""

    day: date | None
    model: str
    invoiced: SideTotals = field(default_factory=SideTotals)
    booked: SideTotals = field(default_factory=SideTotals)
    not_priced: int = 0
    invoice_lines: int = 0
    booked_calls: int = 0

    @property
    def only(self) -> str | None:
        """`theirs` if only the invoice has the row, `ours` if only the bookings have it, else None."""
        if self.invoice_lines and self.booked_calls:
            return None
        return "theirs" if self.invoice_lines else "ours"

    @property
    def cost_usd(self) -> Decimal:
        """The invoiced cost minus the known booked cost."""
        return (self.invoiced.cost_usd or ZERO) - (self.booked.cost_usd or ZERO)

    @property
    def input_tokens(self) -> int:
        """The invoiced minus the booked tokens of this class."""
        return (self.invoiced.input_tokens or 0) - (self.booked.input_tokens or 0)

    @property
    def output_tokens(self) -> int:
        """The invoiced minus the booked tokens of this class."""
        return (self.invoiced.output_tokens or 0) - (self.booked.output_tokens or 0)

    @property
    def possibly_held_usd(self) -> Decimal:
        """The excess of the invoice if calls of the row are not priced: it may be their cost."""
        return max(self.cost_usd, ZERO) if self.not_priced else ZERO


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a row, or the total, may differ."""

    usd: Decimal
    tokens: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All rows, and which measures the file has."""

    rows: Sequence[InvoiceDifference]
    has_costs: bool
    has_tokens: bool
    tolerance: Tolerance

    def differs(self, row: InvoiceDifference) -> bool:
        """Whether a row exceeds the tolerance in a measure that the file has."""
        cost = self.has_costs and abs(row.cost_usd) > self.tolerance.usd
        return cost or (
            self.has_tokens and max(abs(row.input_tokens), abs(row.output_tokens)) > self.tolerance.tokens
        )

    @property
    def total(self) -> InvoiceDifference:
        """The sum of all rows."""
        whole = InvoiceDifference(None, "")
        for row in self.rows:
            whole.invoiced.add(row.invoiced.cost_usd, row.invoiced.input_tokens, row.invoiced.output_tokens)
            whole.booked.add(row.booked.cost_usd, row.booked.input_tokens, row.booked.output_tokens)
            whole.not_priced += row.not_priced
            whole.invoice_lines += row.invoice_lines
            whole.booked_calls += row.booked_calls
        return whole

    @property
    def possibly_held_share(self) -> Decimal | None:
        """The share of the invoice's excess that is in rows with calls not priced; None without excess."""
        excess = sum((max(row.cost_usd, ZERO) for row in self.rows), ZERO)
        return sum((row.possibly_held_usd for row in self.rows), ZERO) / excess if excess else None

    @property
    def agrees(self) -> bool:
        """Whether neither a row nor the total exceeds the tolerance."""
        return not any(self.differs(row) for row in (*self.rows, self.total))


def read_usage(
    client: Client, since: date, until: date, provider: str, database: str = DATABASE
) -> Sequence[BookedUsage]:
    """The booked usage of these UTC days with the corrections of their calls; an empty provider is all."""
    parameters: dict[str, Any] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "provider": provider,
    }
    rows = client.query(BOOKED_USAGE.replace("{db}", database), parameters=parameters).result_rows
    return [_booked_usage(row) for row in rows]


def read_providers(client: Client, database: str = DATABASE) -> Sequence[str]:
    """The providers that have bookings."""
    return [str(name) for (name,) in client.query(PROVIDERS.replace("{db}", database)).result_rows]


def reconcile(
    lines: Sequence[InvoiceLine],
    bookings: Iterable[BookedUsage],
    renames: Mapping[str, str],
    by: str,
    tolerance: Tolerance,
) -> Reconciliation:
    """Compare both sides by `day`, `model` or `day-model`; `renames` maps invoice to booked model names."""
    invoice_models = {renames.get(line.model, line.model).casefold() for line in lines}
    differences: dict[tuple[date | None, str], InvoiceDifference] = {}

    def difference_at(day: date | None, model: str) -> InvoiceDifference:
        row_day, row_model = None if by == "model" else day, "" if by == "day" else model
        return differences.setdefault((row_day, row_model.casefold()), InvoiceDifference(row_day, row_model))

    for line in lines:
        row = difference_at(line.day, renames.get(line.model, line.model))
        row.invoiced.add(line.cost_usd, line.input_tokens, line.output_tokens)
        row.invoice_lines += 1
    for usage in bookings:
        row = difference_at(usage.day, _model_name(usage, invoice_models))
        row.booked.add(usage.cost_usd, usage.input_tokens, usage.output_tokens)
        row.not_priced += usage.not_priced
        row.booked_calls += usage.calls
    rows = sorted(differences.values(), key=lambda row: (row.day or date.min, row.model))
    has_tokens = any(line.input_tokens is not None or line.output_tokens is not None for line in lines)
    return Reconciliation(rows, any(line.cost_usd is not None for line in lines), has_tokens, tolerance)


def _model_name(usage: BookedUsage, invoice_models: set[str]) -> str:
    """The first name that the invoice has, of the model that the provider reported and the one requested."""
    candidates = [name for name in (usage.response_model, usage.served_model) if name]
    return next((name for name in candidates if name.casefold() in invoice_models), candidates[0])


def _booked_usage(row: Sequence[Any]) -> BookedUsage:
    day, served, answered, cost, tokens_in, tokens_out, not_priced, calls = row
    return BookedUsage(day, served, answered, cost, tokens_in, tokens_out, int(not_priced), int(calls))


def _plus(one: N | None, other: N | None) -> N | None:
    return other if one is None else one if other is None else one + other
