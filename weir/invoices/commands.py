"""`weir invoice`: compare a provider's invoice or usage export with the booked usage."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from clickhouse_connect.driver.client import Client

from weir.invoices.columns import InvoiceColumns, choose_columns
from weir.invoices.export_file import InvoiceError, read_file
from weir.invoices.lines import Invoice, InvoiceFormat, read_lines
from weir.invoices.reconciliation import Reconciliation, Tolerance, read_providers, read_usage, reconcile
from weir.invoices.tables import difference_table, reconciliation_fields, remarks
from weir.invoices.values import DecimalSign
from weir.terminal import ConfigOption, JsonOption, console, fail, with_clickhouse

app = typer.Typer(help="Compare invoices of providers with the booked usage.", no_args_is_help=True)
UNREADABLE = 2
DECIMAL_SIGNS: Mapping[str, DecimalSign | None] = {"point": ".", "comma": ",", "": None}

ProviderOption = Annotated[
    str, typer.Option(help="the provider as it is named in routes; by default the one of the known export")
]
GroupingOption = Annotated[Literal["day-model", "day", "model"], typer.Option(help="grouping of the rows")]
MonthOption = Annotated[str, typer.Option(help="the month of a file without dates, such as 2026-11")]
ColumnOption = Annotated[str, typer.Option(help="name of the column, if it is not recognised")]
TokenColumnsOption = Annotated[
    list[str] | None, typer.Option(help="name of a token column; several are added up")
]
DecimalOption = Annotated[
    Literal["point", "comma", ""], typer.Option(help="the decimal sign, if the file is ambiguous")
]
DateOrderOption = Annotated[
    Literal["dmy", "mdy", ""],
    typer.Option(help="the order of dates such as 03/04/2026, if the file is ambiguous"),
]
TimeZoneOption = Annotated[
    str, typer.Option(help="time zone of times without an offset, such as Europe/Berlin")
]
RenameOption = Annotated[
    list[str] | None, typer.Option(help="THEIRS=OURS, for a model that the invoice names differently")
]
ToleranceUsdOption = Annotated[str, typer.Option(help="USD by which a row or the total may differ")]
ToleranceTokensOption = Annotated[
    int, typer.Option(help="tokens by which a row or the total may differ", min=0)
]
AllOption = Annotated[bool, typer.Option("--all", help="also show the rows that agree")]


@dataclass(frozen=True, slots=True)
class InvoiceOptions:
    """How an invoice is read and compared; `days` is the range of `--month`, its end excluded."""

    provider: str
    grouping: str
    days: tuple[date, date] | None
    columns: InvoiceColumns
    file_format: InvoiceFormat
    renames: Mapping[str, str]
    tolerance: Tolerance


@app.callback()
def invoice() -> None:
    """Make `reconcile` a subcommand, although there is only one."""


@app.command(name="reconcile")
def reconcile_file(  # noqa: PLR0913, PLR0917 - each is an option of the command
    file: Path,
    provider: ProviderOption = "",
    by: GroupingOption = "day-model",
    month: MonthOption = "",
    date_column: ColumnOption = "",
    model_column: ColumnOption = "",
    cost_column: ColumnOption = "",
    currency_column: ColumnOption = "",
    input_tokens_column: TokenColumnsOption = None,
    output_tokens_column: TokenColumnsOption = None,
    decimal: DecimalOption = "",
    date_order: DateOrderOption = "",
    time_zone: TimeZoneOption = "UTC",
    rename: RenameOption = None,
    tolerance_usd: ToleranceUsdOption = "0.01",
    tolerance_tokens: ToleranceTokensOption = 0,
    whole: AllOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Compare a provider's CSV with the booked usage; exit 1 if they differ, 2 if it is unreadable."""
    try:
        options = InvoiceOptions(
            provider=provider,
            grouping=by,
            days=_month(month) if month else None,
            columns=InvoiceColumns(
                date=date_column or None,
                model=model_column or None,
                cost=cost_column or None,
                currency=currency_column or None,
                input_tokens=tuple(input_tokens_column or ()),
                output_tokens=tuple(output_tokens_column or ()),
            ),
            file_format=InvoiceFormat(DECIMAL_SIGNS[decimal], date_order or None, _zone(time_zone)),
            renames=_renames(rename or []),
            tolerance=Tolerance(_usd(tolerance_usd), tolerance_tokens),
        )
        columns, lines = _read(file, options)
    except InvoiceError as error:
        fail(str(error), UNREADABLE)
    result = _compare(config, lines, columns, options)
    _print(result, lines, shows_all=whole, as_json=as_json)
    raise typer.Exit(0 if result.agrees else 1)


def _read(path: Path, options: InvoiceOptions) -> tuple[InvoiceColumns, Invoice]:
    file = read_file(path)
    columns = choose_columns(file.columns, options.columns, is_of_one_month=options.days is not None)
    return columns, read_lines(file, columns, options.file_format)


def _compare(
    config: Path | None, invoice: Invoice, columns: InvoiceColumns, options: InvoiceOptions
) -> Reconciliation:
    provider = options.provider or columns.provider or ""
    grouping = "model" if columns.date is None else "day" if columns.model is None else options.grouping
    days = [line.day for line in invoice.lines if line.day is not None]
    since, until = options.days or (min(days), max(days) + timedelta(days=1))

    def compare(client: Client) -> Reconciliation:
        providers = read_providers(client)
        if provider and provider not in providers:
            known = ", ".join(providers) or "none"
            fail(
                f"nothing of a provider '{provider}' is booked here; providers are {known}: "
                "name one by --provider",
                UNREADABLE,
            )
        usage = read_usage(client, since, until, provider)
        return reconcile(invoice.lines, usage, options.renames, grouping, options.tolerance)

    return with_clickhouse(config, compare)


def _print(result: Reconciliation, invoice: Invoice, *, shows_all: bool, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(reconciliation_fields(result, invoice), indent=2) + "\n")
        return
    console.print(difference_table(result, shows_all=shows_all))
    for remark in remarks(result, invoice):
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


def _renames(pairs: Sequence[str]) -> Mapping[str, str]:
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
