"""A provider's invoice against our lines: by UTC day and model, what they ask, what we booked, and how much of it may be what we hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from weir.invoices.lines import InvoiceLine
from weir.stack.migrate import DATABASE

ZERO = Decimal(0)
OURS = """
SELECT v.day, v.served_model, v.response_model, sum(v.cost_usd), sum(v.all_input_tokens), sum(v.all_output_tokens), sum(v.not_priced), sum(v.calls)
FROM {db}.usage_lines AS v
WHERE v.day >= {since:Date} AND v.day < {until:Date} AND (empty({provider:String}) OR v.provider = {provider:String})
GROUP BY v.day, v.served_model, v.response_model
"""
PROVIDERS = "SELECT DISTINCT provider FROM {db}.usage ORDER BY provider"

InvoiceKey = tuple[date | None, str]
N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class BookedUsage:
    """Our lines of one day and model; `response_model` is what the provider says that it ran, and names the model on its invoice."""

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
    """Sums of one side; None where nothing is known."""

    cost_usd: Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    def add(self, cost_usd: Decimal | None, input_tokens: int | None, output_tokens: int | None) -> None:
        """Add what is known."""
        self.cost_usd = _plus(self.cost_usd, cost_usd)
        self.input_tokens = _plus(self.input_tokens, input_tokens)
        self.output_tokens = _plus(self.output_tokens, output_tokens)


@dataclass(slots=True)
class InvoiceDifference:
    """One day and model: theirs minus ours; a measure that the file does not have is None, a side without lines counts as 0."""

    day: date | None
    model: str
    theirs: SideTotals = field(default_factory=SideTotals)
    ours: SideTotals = field(default_factory=SideTotals)
    not_priced: int = 0
    their_lines: int = 0
    our_calls: int = 0

    @property
    def only(self) -> str | None:
        """The one side that has it."""
        if self.their_lines and self.our_calls:
            return None
        return "theirs" if self.their_lines else "ours"

    @property
    def cost_usd(self) -> Decimal:
        """Theirs minus what is known of ours."""
        return (self.theirs.cost_usd or ZERO) - (self.ours.cost_usd or ZERO)

    @property
    def input_tokens(self) -> int:
        """As for costs."""
        return (self.theirs.input_tokens or 0) - (self.ours.input_tokens or 0)

    @property
    def output_tokens(self) -> int:
        """As for costs."""
        return (self.theirs.output_tokens or 0) - (self.ours.output_tokens or 0)

    @property
    def maybe_held_usd(self) -> Decimal:
        """What they ask beyond ours where calls of ours have no price yet: these may be what it is for."""
        return max(self.cost_usd, ZERO) if self.not_priced else ZERO


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ in one row and in the sum."""

    usd: Decimal
    tokens: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All rows, with what the file can be compared by."""

    rows: Sequence[InvoiceDifference]
    has_costs: bool
    has_tokens: bool
    tolerance: Tolerance

    def differs(self, row: InvoiceDifference) -> bool:
        """Whether a row is further apart than may be."""
        cost = self.has_costs and abs(row.cost_usd) > self.tolerance.usd
        return cost or (
            self.has_tokens and max(abs(row.input_tokens), abs(row.output_tokens)) > self.tolerance.tokens
        )

    @property
    def total(self) -> InvoiceDifference:
        """All rows as one."""
        whole = InvoiceDifference(None, "")
        for row in self.rows:
            whole.theirs.add(row.theirs.cost_usd, row.theirs.input_tokens, row.theirs.output_tokens)
            whole.ours.add(row.ours.cost_usd, row.ours.input_tokens, row.ours.output_tokens)
            whole.not_priced += row.not_priced
            whole.their_lines += row.their_lines
            whole.our_calls += row.our_calls
        return whole

    @property
    def maybe_held_share(self) -> Decimal | None:
        """How much of all that they ask beyond ours stands in rows with calls of ours that are not priced; None where they ask no more."""
        beyond = sum((max(row.cost_usd, ZERO) for row in self.rows), ZERO)
        return sum((row.maybe_held_usd for row in self.rows), ZERO) / beyond if beyond else None

    @property
    def agrees(self) -> bool:
        """Whether no row and not the sum is further apart than may be."""
        return not any(self.differs(row) for row in (*self.rows, self.total))


def read_usage(
    client: Client, since: date, until: date, provider: str, database: str = DATABASE
) -> Sequence[BookedUsage]:
    """Our lines of these UTC days, corrections of their calls included; an empty provider is all of them."""
    parameters: dict[str, Any] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "provider": provider,
    }
    rows = client.query(OURS.replace("{db}", database), parameters=parameters).result_rows
    return [_booked(row) for row in rows]


def read_providers(client: Client, database: str = DATABASE) -> Sequence[str]:
    """Whose calls we have."""
    return [str(name) for (name,) in client.query(PROVIDERS.replace("{db}", database)).result_rows]


def reconcile(
    lines: Sequence[InvoiceLine],
    booked: Iterable[BookedUsage],
    names: Mapping[str, str],
    by: str,
    tolerance: Tolerance,
) -> Reconciliation:
    """Set both sides beside each other by `day`, by `model`, or by both; `names` says which model of ours an odd name on the invoice means."""
    their_names = {names.get(line.model, line.model).casefold() for line in lines}
    found: dict[InvoiceKey, InvoiceDifference] = {}

    def at(day: date | None, model: str) -> InvoiceDifference:
        place = (None if by == "model" else day, "" if by == "day" else model)
        return found.setdefault((place[0], place[1].casefold()), InvoiceDifference(*place))

    for line in lines:
        row = at(line.day, names.get(line.model, line.model))
        row.theirs.add(line.cost_usd, line.input_tokens, line.output_tokens)
        row.their_lines += 1
    for one in booked:
        row = at(one.day, _name(one, their_names))
        row.ours.add(one.cost_usd, one.input_tokens, one.output_tokens)
        row.not_priced += one.not_priced
        row.our_calls += one.calls
    rows = sorted(found.values(), key=lambda row: (row.day or date.min, row.model))
    has_tokens = any(line.input_tokens is not None or line.output_tokens is not None for line in lines)
    return Reconciliation(rows, any(line.cost_usd is not None for line in lines), has_tokens, tolerance)


def _name(one: BookedUsage, their_names: set[str]) -> str:
    """The name under which the provider lists it: what it says it ran, else what we asked for."""
    candidates = [name for name in (one.response_model, one.served_model) if name]
    return next((name for name in candidates if name.casefold() in their_names), candidates[0])


def _booked(row: Sequence[Any]) -> BookedUsage:
    day, served, answered, cost, tokens_in, tokens_out, not_priced, calls = row
    return BookedUsage(day, served, answered, cost, tokens_in, tokens_out, int(not_priced), int(calls))


def _plus(one: N | None, other: N | None) -> N | None:
    return other if one is None else one if other is None else one + other
