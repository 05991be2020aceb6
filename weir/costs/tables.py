"""Spend, forecasts and anomalies as tables for people and as JSON fields for scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from rich.table import Table

from weir.costs.queries import GROUPINGS, DayRange, HourlySpend, Spend, SpendForecast
from weir.money import UNKNOWN, DisplayCurrency, exact

NONE = "-"


def spend_table(
    grouping: str, days: DayRange, rows: Sequence[Spend], total: Spend, display: DisplayCurrency | None
) -> Table:
    """A table of the spend by one grouping, with the total below."""
    display_column = [f"{display.currency} (at {display.rate} per USD)"] if display else []
    title = f"cost by {grouping}, UTC days {days.since} to before {days.until}"
    table = Table(
        *GROUPINGS[grouping],
        "calls",
        "input tokens",
        "output tokens",
        "USD",
        *display_column,
        "of it estimated",
        "not priced",
        title=title,
        box=None,
    )
    table.title_justify = "left"
    for row in rows:
        table.add_row(
            *(name or NONE for name in row.names),
            *_amounts(row, display),
            style="yellow" if row.not_priced else None,
        )
    table.add_section()
    table.add_row("all", *("" for _ in GROUPINGS[grouping][1:]), *_amounts(total, display), style="bold")
    return table


def spend_remarks(grouping: str, total: Spend) -> Sequence[str]:
    """Notes that a reader of the table needs."""
    notes: list[str] = []
    if grouping == "tag":
        notes.append("a call counts whole under each of its tags: add up the values of one tag only")
    if total.not_priced:
        notes.append(
            f"{total.not_priced} calls are not priced: the sum is only what is known; "
            "`weir price settle` once there is a price"
        )
    return notes


def spend_fields(
    grouping: str, days: DayRange, rows: Sequence[Spend], total: Spend, display: DisplayCurrency | None
) -> Mapping[str, object]:
    """The spend as JSON fields; costs are decimal strings, unknown ones null."""
    names = GROUPINGS[grouping]
    return {
        "by": grouping,
        "since": days.since.isoformat(),
        "until": days.until.isoformat(),
        "rows": [{**dict(zip(names, row.names, strict=True)), **_fields(row, display)} for row in rows],
        "total": _fields(total, display),
    }


def forecast_table(rows: Sequence[SpendForecast]) -> Table:
    """A table of each tenant's forecast."""
    table = Table(
        "tenant",
        "month",
        "spent USD",
        "forecast USD",
        "8 in 10 between",
        "days of history",
        "not priced",
        box=None,
    )
    for row in rows:
        band = (
            f"{row.low_usd:.6f} - {row.high_usd:.6f}"
            if row.low_usd is not None and row.high_usd is not None
            else UNKNOWN
        )
        forecast = UNKNOWN if row.forecast_usd is None else f"{row.forecast_usd:.6f}"
        table.add_row(
            row.tenant,
            f"{row.month:%Y-%m}",
            exact(row.spent_usd),
            forecast,
            band,
            str(row.history_days),
            str(row.not_priced),
        )
    return table


def anomaly_table(rows: Sequence[HourlySpend]) -> Table:
    """A table of the last hour of each tenant and model."""
    table = Table(
        "tenant",
        "model",
        "last hour USD",
        "usual USD",
        "limit USD",
        "unusual",
        "since (UTC)",
        "not priced",
        box=None,
    )
    for row in rows:
        verdict = {True: "yes", False: "no", None: f"unknown ({row.history_days} days of history)"}[
            row.is_unusual
        ]
        usual, limit = (
            UNKNOWN if value is None else f"{value:.6f}" for value in (row.usual_usd, row.limit_usd)
        )
        since = f"{row.since:%Y-%m-%d %H:%M}" if row.since else NONE
        style = "red" if row.is_unusual else None
        table.add_row(
            row.tenant,
            f"{row.provider}/{row.model}",
            exact(row.last_hour_usd),
            usual,
            limit,
            verdict,
            since,
            str(row.not_priced),
            style=style,
        )
    return table


def fields_of(row: SpendForecast | HourlySpend) -> Mapping[str, object]:
    """One row as JSON fields."""
    return {name: _json_value(value) for name, value in asdict(row).items()}


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return exact(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _amounts(row: Spend, display: DisplayCurrency | None) -> Sequence[str]:
    displayed = [display.of(row.cost_usd)] if display else []
    tokens = [NONE if count is None else str(count) for count in (row.input_tokens, row.output_tokens)]
    estimated = NONE if row.estimated_usd is None else exact(row.estimated_usd)
    return [str(row.calls), *tokens, exact(row.cost_usd), *displayed, estimated, str(row.not_priced)]


def _fields(row: Spend, display: DisplayCurrency | None) -> Mapping[str, object]:
    amounts = {"cost_usd": row.cost_usd, "estimated_usd": row.estimated_usd}
    displayed = (
        {f"cost_{display.currency.lower()}": None if row.cost_usd is None else display.of(row.cost_usd)}
        if display
        else {}
    )
    counts = {
        "calls": row.calls,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "not_priced": row.not_priced,
    }
    return {
        **counts,
        **{name: None if value is None else exact(value) for name, value in amounts.items()},
        **displayed,
    }
