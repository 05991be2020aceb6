"""`weir invoice`: a provider's invoice or usage export against what was booked here."""

import json
import sys
from collections.abc import Mapping
from datetime import date, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from clickhouse_connect.driver.client import Client

from weir.invoices.columns import InvoiceColumns, choose
from weir.invoices.export_file import InvoiceError, read_file
from weir.invoices.lines import Invoice, InvoiceFormat, read_lines
from weir.invoices.reconciliation import Reconciliation, Tolerance, read_providers, read_usage, reconcile
from weir.invoices.tables import difference_table, reconciliation_fields, remarks
from weir.invoices.values import Separator
from weir.terminal import ConfigOption, JsonOption, console, fail, with_clickhouse

app = typer.Typer(help="What providers ask for, against what was booked.", no_args_is_help=True)
UNREADABLE = 2
DECIMALS: Mapping[str, Separator | None] = {"point": ".", "comma": ",", "": None}

Column = Annotated[str, typer.Option(help="name of the column, where it is not found by itself")]
TokenColumns = Annotated[
    list[str] | None, typer.Option(help="name of a column of tokens; several are added up")
]


@app.callback()
def invoice() -> None:
    """Keep `reconcile` a command of its own while it is the only one."""


@app.command(name="reconcile")
def reconcile_file(  # noqa: PLR0913, PLR0917 - each is an option of the command
    file: Path,
    provider: Annotated[
        str,
        typer.Option(
            help="our name of the provider whose invoice it is; that of the export's shape by default"
        ),
    ] = "",
    by: Annotated[Literal["day-model", "day", "model"], typer.Option(help="what a row is")] = "day-model",
    month: Annotated[str, typer.Option(help="2026-11, for a file without dates")] = "",
    date_column: Column = "",
    model_column: Column = "",
    cost_column: Column = "",
    currency_column: Column = "",
    input_tokens_column: TokenColumns = None,
    output_tokens_column: TokenColumns = None,
    decimal: Annotated[
        Literal["point", "comma", ""],
        typer.Option(help="the sign before decimals, where the file does not tell"),
    ] = "",
    date_order: Annotated[
        Literal["dmy", "mdy", ""], typer.Option(help="the order in 03/04/2026, where the file does not tell")
    ] = "",
    time_zone: Annotated[str, typer.Option(help="zone of times without an offset, as Europe/Berlin")] = "UTC",
    rename: Annotated[
        list[str] | None, typer.Option(help="THEIRS=OURS, for a model that the invoice calls otherwise")
    ] = None,
    tolerance_usd: Annotated[str, typer.Option(help="what a row and the sum may differ by")] = "0.01",
    tolerance_tokens: Annotated[int, typer.Option(help="as above, for tokens", min=0)] = 0,
    whole: Annotated[bool, typer.Option("--all", help="show rows that agree too")] = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Compare a provider's CSV with our lines by UTC day and model; exit 1 where they differ beyond the tolerance, 2 where it cannot be read."""
    asked = InvoiceColumns(
        date=date_column or None,
        model=model_column or None,
        cost=cost_column or None,
        currency=currency_column or None,
        input_tokens=tuple(input_tokens_column or ()),
        output_tokens=tuple(output_tokens_column or ()),
    )
    try:
        reading = InvoiceFormat(DECIMALS[decimal], date_order or None, _zone(time_zone))
        span = _month(month) if month else None
        read = read_file(file)
        columns = choose(read.columns, asked, is_of_one_month=span is not None)
        found = read_lines(read, columns, reading)
        names, tolerance = _names(rename or []), Tolerance(_usd(tolerance_usd), tolerance_tokens)
    except InvoiceError as error:
        fail(str(error), UNREADABLE)
    level = "model" if columns.date is None else "day" if columns.model is None else by
    result = _compare(config, (found, span), provider or columns.provider or "", (names, level), tolerance)
    _print(result, found, is_whole=whole, as_json=as_json)
    raise typer.Exit(0 if result.agrees else 1)


def _compare(
    config: Path | None,
    asked: tuple[Invoice, tuple[date, date] | None],
    provider: str,
    how: tuple[dict[str, str], str],
    tolerance: Tolerance,
) -> Reconciliation:
    found, span = asked
    days = [line.day for line in found.lines if line.day is not None]
    since, until = span or (min(days), max(days) + timedelta(days=1))

    def compared(client: Client) -> Reconciliation:
        ours = read_providers(client)
        if provider and provider not in ours:
            fail(
                f"nothing of a provider '{provider}' is booked here; providers are {', '.join(ours) or 'none'}: name one by --provider",
                UNREADABLE,
            )
        return reconcile(found.lines, read_usage(client, since, until, provider), how[0], how[1], tolerance)

    return with_clickhouse(config, compared)


def _print(result: Reconciliation, found: Invoice, *, is_whole: bool, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(reconciliation_fields(result, found), indent=2) + "\n")
        return
    console.print(difference_table(result, is_whole=is_whole))
    for remark in remarks(result, found):
        console.print(remark, markup=False, highlight=False)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"'{name}' is no time zone: write one as Europe/Berlin"
        raise InvoiceError(msg) from error


def _month(text: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        msg = f"'{text}' is no month: write one as 2026-11"
        raise InvoiceError(msg) from error
    return first, (first + timedelta(days=32)).replace(day=1)


def _names(pairs: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for pair in pairs:
        theirs, sign, ours = pair.partition("=")
        if not theirs or not sign or not ours:
            msg = f"'{pair}' renames nothing: write --rename 'Claude Sonnet 4.5=claude-sonnet-4-5'"
            raise InvoiceError(msg)
        names[theirs] = ours
    return names


def _usd(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        msg = f"--tolerance-usd '{text}' is no amount from 0 on"
        raise InvoiceError(msg)
    return value
