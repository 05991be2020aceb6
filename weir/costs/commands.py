"""`weir cost`: showback, forecast and unusual hours from ClickHouse."""

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

app = typer.Typer(help="What was spent, by whom; where it is going; what is unusual.")
T = TypeVar("T")

TenantOption = Annotated[str, typer.Option("--tenant", help="one tenant only")]


def ask(config: Path | None, question: Callable[[CostViews], T]) -> T:
    """Put a question to the views of cost."""
    return with_clickhouse(config, lambda client: question(CostViews(client)))


@app.callback(invoke_without_command=True)
def cost(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help=", ".join(GROUPINGS))] = "tenant",
    since: Annotated[str, typer.Option("--since", help="7d, or a UTC day")] = "7d",
    until: Annotated[
        str, typer.Option("--until", help="the UTC day after the last one; today is the last by default")
    ] = "",
    tenant: TenantOption = "",
    display: Annotated[
        str, typer.Option("--display", help="show a second currency, as EUR=0.92 (for one USD)")
    ] = "",
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Cost by tenant, project, user, key, model, prompt version, variant, route or tag: every digit, and what is not priced beside it."""
    if context.invoked_subcommand is not None:
        return
    if by not in GROUPINGS:
        msg = f"'{by}' is none of {', '.join(GROUPINGS)}"
        raise typer.BadParameter(msg, param_hint="--by")
    today = datetime.now(UTC).date()
    days = DayRange(*_read("--since", lambda: days_between(since, until, today)), tenant)
    shown = _read("--display", lambda: parse_display(display)) if display else None
    rows, total = ask(config, lambda costs: (costs.grouped_by(by, days), costs.total(days)))
    if as_json:
        _write(spend_fields(by, days, rows, total, shown))
        return
    if not rows:
        console.print(
            f"no call{f' of {tenant!r}' if tenant else ''} started from {days.since} to before {days.until} (UTC days)",
            markup=False,
        )
        return
    console.print(spend_table(by, days, rows, total, shown))
    for remark in spend_remarks(by, total):
        console.print(remark, style="yellow", markup=False, highlight=False)


@app.command()
def forecast(tenant: TenantOption = "", as_json: JsonOption = False, config: ConfigOption = None) -> None:  # noqa: FBT002 - a flag
    """What each tenant's month comes to at the pace of the last weeks."""
    rows = ask(config, lambda costs: costs.forecast(datetime.now(UTC), tenant))
    if as_json:
        _write([fields_of(row) for row in rows])
        return
    console.print(forecast_table(rows) if rows else "nobody has spent anything yet")


@app.command()
def anomalies(
    tenant: TenantOption = "",
    least_usd: Annotated[str, typer.Option("--least-usd", help="an hour below this is never unusual")] = "1",
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Whether the last hour costs more than it used to; exit 1 where it does, so that cron can tell."""
    least = _read("--least-usd", lambda: _amount(least_usd))
    rows = ask(config, lambda costs: costs.anomalies(datetime.now(UTC), least, tenant))
    if as_json:
        _write([fields_of(row) for row in rows])
    else:
        console.print(anomaly_table(rows) if rows else "no calls in the last 15 days")
    raise typer.Exit(1 if any(row.is_unusual for row in rows) else 0)


def _read(option: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _amount(text: str) -> Decimal:
    msg = f"'{text}' is no amount of USD from 0 on"
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(msg) from error
    if not amount.is_finite() or amount < 0:
        raise ValueError(msg)
    return amount


def _write(fields: object) -> None:
    sys.stdout.write(json.dumps(fields, indent=2) + "\n")
