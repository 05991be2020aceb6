"""Chooses the columns of a provider's export: named by the caller, of a known export, or by common names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from weir.invoices.export_file import InvoiceError

OPTIONS = (
    "--date-column, --model-column, --cost-column, --currency-column, "
    "--input-tokens-column, --output-tokens-column"
)


@dataclass(frozen=True, slots=True)
class InvoiceColumns:
    """The columns to read, None for absent ones; several token columns are added up."""

    provider: str | None = None
    date: str | None = None
    model: str | None = None
    cost: str | None = None
    currency: str | None = None
    input_tokens: tuple[str, ...] = ()
    output_tokens: tuple[str, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """The names of all columns."""
        single = [name for name in (self.date, self.model, self.cost, self.currency) if name is not None]
        return [*single, *self.input_tokens, *self.output_tokens]


_OPENAI, _ANTHROPIC = "openai", "anthropic"
KNOWN_EXPORTS: Sequence[InvoiceColumns] = (
    # Anthropic's classes of input are disjoint and are added up; OpenAI's input includes cached tokens.
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
"""Exports of providers, those with more columns first; the first whose columns all exist is used."""
COMMON_NAMES: Mapping[str, Sequence[str]] = {
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
"""Column names to try, in lower case, if no known export fits."""


def choose_columns(header: Sequence[str], named: InvoiceColumns, *, is_of_one_month: bool) -> InvoiceColumns:
    """The columns to read: named by the caller, else of the first known export, else by common names.

    Raises InvoiceError with the file's columns if one is missing or ambiguous, or nothing can be compared.
    """
    spellings = {name.casefold(): name for name in reversed(header)}
    for name in named.names:
        if name.casefold() not in spellings:
            msg = f"there is no column '{name}'; the file has {_listed(header)}"
            raise InvoiceError(msg)
    columns = _as_spelled(_merged(named, _known_columns(spellings)), spellings)
    _require_comparable(columns, header, is_of_one_month=is_of_one_month)
    for name, times in Counter(header).items():
        if times > 1 and name in columns.names:
            msg = f"the column '{name}' stands in the header more than once: rename one"
            raise InvoiceError(msg)
    return columns


def _known_columns(spellings: Mapping[str, str]) -> InvoiceColumns:
    for export in KNOWN_EXPORTS:
        if all(name.casefold() in spellings for name in export.names):
            return export
    return _columns_by_common_names(spellings)


def _columns_by_common_names(spellings: Mapping[str, str]) -> InvoiceColumns:
    first = {
        role: next((name for name in names if name in spellings), None)
        for role, names in COMMON_NAMES.items()
    }
    return InvoiceColumns(
        date=first["date"],
        model=first["model"],
        cost=first["cost"],
        currency=first["currency"],
        input_tokens=(first["input_tokens"],) if first["input_tokens"] else (),
        output_tokens=(first["output_tokens"],) if first["output_tokens"] else (),
    )


def _merged(named: InvoiceColumns, known: InvoiceColumns) -> InvoiceColumns:
    """The named columns, and the known ones for the rest."""
    return InvoiceColumns(
        provider=known.provider,
        date=named.date or known.date,
        model=named.model or known.model,
        cost=named.cost or known.cost,
        currency=named.currency or known.currency,
        input_tokens=named.input_tokens or known.input_tokens,
        output_tokens=named.output_tokens or known.output_tokens,
    )


def _as_spelled(columns: InvoiceColumns, spellings: Mapping[str, str]) -> InvoiceColumns:
    """The columns with their names spelled as in the file."""

    def spell(name: str | None) -> str | None:
        return None if name is None else spellings[name.casefold()]

    return replace(
        columns,
        date=spell(columns.date),
        model=spell(columns.model),
        cost=spell(columns.cost),
        currency=spell(columns.currency),
        input_tokens=tuple(spellings[name.casefold()] for name in columns.input_tokens),
        output_tokens=tuple(spellings[name.casefold()] for name in columns.output_tokens),
    )


def _require_comparable(columns: InvoiceColumns, header: Sequence[str], *, is_of_one_month: bool) -> None:
    if columns.cost is None and not columns.input_tokens and not columns.output_tokens:
        msg = f"no column of costs or tokens is known among {_listed(header)}: name them by {OPTIONS}"
        raise InvoiceError(msg)
    if columns.date is None and not is_of_one_month:
        msg = (
            f"no column of dates is known among {_listed(header)}: name it by --date-column, "
            "or give --month 2026-11 where the file has none"
        )
        raise InvoiceError(msg)


def _listed(header: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in header if name)
