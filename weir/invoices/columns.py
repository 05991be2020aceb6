"""Which columns of a provider's export say what: the known shapes, and what the caller names himself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from weir.invoices.export_file import InvoiceError

OPTIONS = "--date-column, --model-column, --cost-column, --currency-column, --input-tokens-column, --output-tokens-column"


@dataclass(frozen=True, slots=True)
class InvoiceColumns:
    """The columns to read; several columns of tokens are added up."""

    provider: str | None = None
    date: str | None = None
    model: str | None = None
    cost: str | None = None
    currency: str | None = None
    input_tokens: tuple[str, ...] = ()
    output_tokens: tuple[str, ...] = ()

    @property
    def named(self) -> Sequence[str]:
        """All of them."""
        single = [name for name in (self.date, self.model, self.cost, self.currency) if name is not None]
        return [*single, *self.input_tokens, *self.output_tokens]


_OPENAI, _ANTHROPIC = "openai", "anthropic"
SHAPES: Sequence[InvoiceColumns] = (
    # Anthropic's input leaves cached tokens out, so that its classes are added; OpenAI's holds them.
    InvoiceColumns(
        provider=_ANTHROPIC,
        date="usage_date_utc",
        model="model_version",
        input_tokens=(
            "usage_input_tokens_no_cache",
            "usage_input_tokens_cache_write_5m",
            "usage_input_tokens_cache_write_1h",
            "usage_input_tokens_cache_read",
        ),
        output_tokens=("usage_output_tokens",),
    ),
    InvoiceColumns(
        provider=_ANTHROPIC,
        date="usage_date_utc",
        model="model_version",
        input_tokens=(
            "usage_input_tokens_no_cache",
            "usage_input_tokens_cache_write",
            "usage_input_tokens_cache_read",
        ),
        output_tokens=("usage_output_tokens",),
    ),
    InvoiceColumns(provider=_ANTHROPIC, date="usage_date_utc", model="model", cost="cost_usd"),
    InvoiceColumns(
        provider=_OPENAI,
        date="start_time_iso",
        model="line_item",
        cost="amount_value",
        currency="amount_currency",
    ),
    InvoiceColumns(
        provider=_OPENAI,
        date="start_time",
        model="line_item",
        cost="amount_value",
        currency="amount_currency",
    ),
    InvoiceColumns(provider=_OPENAI, date="start_time_iso", cost="amount_value", currency="amount_currency"),
    InvoiceColumns(
        provider=_OPENAI,
        date="start_time_iso",
        model="model",
        input_tokens=("input_tokens",),
        output_tokens=("output_tokens",),
    ),
    InvoiceColumns(
        provider=_OPENAI,
        date="start_time",
        model="model",
        input_tokens=("input_tokens",),
        output_tokens=("output_tokens",),
    ),
    InvoiceColumns(
        provider=_OPENAI,
        date="timestamp",
        model="model",
        input_tokens=("n_context_tokens_total",),
        output_tokens=("n_generated_tokens_total",),
    ),
    InvoiceColumns(
        date="ChargePeriodStart", model="ResourceName", cost="BilledCost", currency="BillingCurrency"
    ),
    InvoiceColumns(
        date="lineItem/UsageStartDate",
        model="lineItem/UsageType",
        cost="lineItem/UnblendedCost",
        currency="lineItem/CurrencyCode",
    ),
)
"""What providers export, the fuller shape first; the first whose columns are all there is taken."""
USUAL: Mapping[str, Sequence[str]] = {
    "date": (
        "date",
        "day",
        "usage_date",
        "timestamp",
        "time",
        "created_at",
        "created",
        "start_time",
        "period_start",
    ),
    "model": ("model", "model_name", "model_id", "model_version"),
    "cost": (
        "cost_usd",
        "cost",
        "amount_usd",
        "amount",
        "total_cost",
        "total_cost_usd",
        "cost (usd)",
        "amount (usd)",
    ),
    "currency": ("currency", "amount_currency", "billing_currency"),
    "input_tokens": ("input_tokens", "prompt_tokens", "tokens_in"),
    "output_tokens": ("output_tokens", "completion_tokens", "tokens_out"),
}
"""Usual names for what no shape covers."""


def choose(header: Sequence[str], asked: InvoiceColumns, *, is_of_one_month: bool) -> InvoiceColumns:
    """The columns to read: those that were asked for, then those of the first shape that fits, then usual names.

    Raises InvoiceError with what the file has, where a column is missing, doubled, or where nothing can be compared.
    """
    there = {name.casefold(): name for name in reversed(header)}
    for name in asked.named:
        if name.casefold() not in there:
            msg = f"there is no column '{name}'; the file has {_listed(header)}"
            raise InvoiceError(msg)
    found = next(
        (shape for shape in SHAPES if all(name.casefold() in there for name in shape.named)), _usual(there)
    )
    chosen = _spelled(_over(found, asked), there)
    if chosen.cost is None and not chosen.input_tokens and not chosen.output_tokens:
        msg = f"no column of costs or tokens is known among {_listed(header)}: name them by {OPTIONS}"
        raise InvoiceError(msg)
    if chosen.date is None and not is_of_one_month:
        msg = f"no column of dates is known among {_listed(header)}: name it by --date-column, or give --month 2026-11 where the file has none"
        raise InvoiceError(msg)
    doubled = [name for name, times in Counter(header).items() if times > 1 and name in chosen.named]
    if doubled:
        msg = f"the column '{doubled[0]}' stands in the header more than once: rename one"
        raise InvoiceError(msg)
    return chosen


def _usual(there: Mapping[str, str]) -> InvoiceColumns:
    first = {role: next((name for name in names if name in there), None) for role, names in USUAL.items()}
    return InvoiceColumns(
        date=first["date"],
        model=first["model"],
        cost=first["cost"],
        currency=first["currency"],
        input_tokens=(first["input_tokens"],) if first["input_tokens"] else (),
        output_tokens=(first["output_tokens"],) if first["output_tokens"] else (),
    )


def _over(found: InvoiceColumns, asked: InvoiceColumns) -> InvoiceColumns:
    return InvoiceColumns(
        provider=found.provider,
        date=asked.date or found.date,
        model=asked.model or found.model,
        cost=asked.cost or found.cost,
        currency=asked.currency or found.currency,
        input_tokens=asked.input_tokens or found.input_tokens,
        output_tokens=asked.output_tokens or found.output_tokens,
    )


def _spelled(columns: InvoiceColumns, there: Mapping[str, str]) -> InvoiceColumns:
    """As the file writes them."""

    def spell(name: str | None) -> str | None:
        return None if name is None else there[name.casefold()]

    return replace(
        columns,
        date=spell(columns.date),
        model=spell(columns.model),
        cost=spell(columns.cost),
        currency=spell(columns.currency),
        input_tokens=tuple(there[name.casefold()] for name in columns.input_tokens),
        output_tokens=tuple(there[name.casefold()] for name in columns.output_tokens),
    )


def _listed(header: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in header if name)
