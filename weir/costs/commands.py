"""`weir cost`: showback, forecasts and spend anomalies from ClickHouse."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from weir.costs.queries import GROUPINGS, CostViews, DayRange, days_between
from weir.costs.tables import (
    anomaly_table,
    fields_of,
    forecast_table,
    spend_fields,
    spend_remarks,
    spend_table,
)
from weir.money import parse_display
from weir.terminal import ConfigOption, JsonOption, console, with_clickhouse

app = typer.Typer(help="Spend by tenant, project, model and more; monthly forecasts; spend anomalies.")
T = TypeVar("T")

TenantOption = Annotated[str, typer.Option("--tenant", help="only this tenant")]


@app.callback(invoke_without_command=True)
def cost(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help=", ".join(GROUPINGS))] = "tenant",
    since: Annotated[
        str, typer.Option("--since", help="first UTC day: 2026-11-01, or 7d for seven days ago")
    ] = "7d",
    until: Annotated[
        str, typer.Option("--until", help="UTC day after the last one; by default today is the last")
    ] = "",
    tenant: TenantOption = "",
    display: Annotated[
        str, typer.Option("--display", help="also show a second currency, such as EUR=0.92 (per USD)")
    ] = "",
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Show spend by one grouping with every digit, and the number of calls that are not priced."""
    if context.invoked_subcommand is not None:
        return
    if by not in GROUPINGS:
        msg = f"'{by}' is none of {', '.join(GROUPINGS)}"
        raise typer.BadParameter(msg, param_hint="--by")
    today = datetime.now(UTC).date()
    days = DayRange(*_parse("--since", lambda: days_between(since, until, today)), tenant)
    currency = _parse("--display", lambda: parse_display(display)) if display else None
    rows, total = _query(config, lambda views: (views.grouped_by(by, days), views.total(days)))
    if as_json:
        _write_json(spend_fields(by, days, rows, total, currency))
        return
    if not rows:
        calls = f"no call of {tenant!r}" if tenant else "no call"
        console.print(f"{calls} started from {days.since} to before {days.until} (UTC days)", markup=False)
        return
    console.print(spend_table(by, days, rows, total, currency))
    for remark in spend_remarks(by, total):
        console.print(remark, style="yellow", markup=False, highlight=False)


@app.command()
def forecast(
    tenant: TenantOption = "",
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Forecast each tenant's spend of this month from the last weeks."""
    rows = _query(config, lambda views: views.forecast(datetime.now(UTC), tenant))
    if as_json:
        _write_json([fields_of(row) for row in rows])
        return
    console.print(forecast_table(rows) if rows else "nobody has spent anything yet")


@app.command()
def anomalies(
    tenant: TenantOption = "",
    least_usd: Annotated[
        str, typer.Option("--least-usd", help="an hour below this amount is never unusual")
    ] = "1",
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Compare the last hour with the same hour of earlier days; exit 1 if it costs unusually much."""
    least = _parse("--least-usd", lambda: _parse_usd(least_usd))
    rows = _query(config, lambda views: views.anomalies(datetime.now(UTC), least, tenant))
    if as_json:
        _write_json([fields_of(row) for row in rows])
    else:
        console.print(anomaly_table(rows) if rows else "no calls in the last 15 days")
    raise typer.Exit(1 if any(row.is_unusual for row in rows) else 0)


def _query(config: Path | None, query: Callable[[CostViews], T]) -> T:
    return with_clickhouse(config, lambda client: query(CostViews(client)))


def _parse(option: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _parse_usd(text: str) -> Decimal:
    msg = f"'{text}' is no amount of USD from 0 on"
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(msg) from error
    if not amount.is_finite() or amount < 0:
        raise ValueError(msg)
    return amount


def _write_json(fields: object) -> None:
    sys.stdout.write(json.dumps(fields, indent=2) + "\n")
