"""`weir price`: price documents, and corrections of calls booked at another price or at none."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.document_files import read_documents
from schemas.prices import PriceDocument
from streaming.brokers.port import Broker
from weir.money import DisplayCurrency, parse_display
from weir.prices.corrections import CorrectionReport
from weir.stack.publish import publish_documents, published
from weir.terminal import ConfigOption, JsonOption, console, exit_on_error, fail, with_kafka

app = typer.Typer(
    no_args_is_help=True, help="Publish price documents; reprice booked calls; settle held ones."
)

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="show what would change, but change nothing")]
DisplayOption = Annotated[
    str,
    typer.Option(
        "--display", help="also show a second currency, such as EUR=0.92 (per USD); bookings are in USD"
    ),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, max=3600, help="seconds to wait for the meter's decisions")
]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="only this tenant")]
ModelOption = Annotated[str | None, typer.Option("--model", help="only this provider/model")]


@app.command(name="ls")
def list_prices(config: ConfigOption = None) -> None:
    """List the price documents with the prices in force now, and problems of their histories."""
    from weir.prices.tables import price_table

    documents = with_kafka(config, _published)
    console.print(price_table((documents[name] for name in sorted(documents)), datetime.now(UTC)))


@app.command()
def show(name: str, display: DisplayOption = "", config: ConfigOption = None) -> None:
    """Show the whole history of a price document."""
    from weir.prices.tables import period_lines

    currency = _display(display)
    documents = with_kafka(config, _published)
    document = documents.get(name)
    if document is None:
        fail(f"there is no price '{name}'; prices: {', '.join(sorted(documents)) or 'none'}")
    console.print(f"{name}, version {document.version}", markup=False, highlight=False)
    for line in (*period_lines(document, currency), *filter(None, [document.problem()])):
        console.print(line, markup=False, highlight=False)


@app.command()
def check(file: Path) -> None:
    """Check a file of prices offline; exit 1 with every problem, its dates and how to fix it."""
    with exit_on_error():
        documents = read_documents(file, PriceDocument, "prices")
    console.print(
        f"{len(documents)} prices are whole: {', '.join(document.name for document in documents)}",
        markup=False,
        highlight=False,
    )


@app.command(name="set")
def set_prices(
    file: Path,
    dry_run: DryRunOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Publish a file of prices; a changed one needs a higher version. Booked calls keep their cost."""
    from weir.prices.changes import changes_of
    from weir.prices.tables import change_lines

    with exit_on_error():
        documents = read_documents(file, PriceDocument, "prices")

    async def publish(broker: Broker) -> list[str]:
        changes = changes_of(documents, await published(broker, PriceDocument))
        if not dry_run:
            await publish_documents(broker, [change.document for change in changes])
        return [line for change in changes for line in change_lines(change)]

    for line in (lines := with_kafka(config, publish)):
        console.print(line, markup=False, highlight=False)
    done = (
        "nothing is published: this was a dry run"
        if dry_run
        else "published; `weir price reprice --from T` books earlier calls anew"
    )
    console.print(done if lines else "nothing has changed")


@app.command()
def reprice(  # noqa: PLR0913 - each is an option of the command
    *,
    since: Annotated[
        str,
        typer.Option(
            "--from", help="calls that started since then: a day, or a time (UTC without an offset)"
        ),
    ],
    until: Annotated[str, typer.Option("--to", help="calls that started before then; now by default")] = "",
    tenant: TenantOption = None,
    model: ModelOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    display: DisplayOption = "",
    wait: WaitOption = 60.0,
    config: ConfigOption = None,
) -> None:
    """Reprice booked calls with today's prices, show the difference and have the meter book it."""
    from weir.prices.booking_log import CallSelection
    from weir.prices.corrections import reprice_calls

    now, currency = datetime.now(UTC), _display(display)
    selection = CallSelection(
        _moment("--from", since), _moment("--to", until) if until else now, tenant, model
    )
    if selection.since >= selection.until:
        msg = f"{since} is not before {until or 'now'}"
        raise typer.BadParameter(msg, param_hint="--from")
    _print_report(
        with_kafka(config, lambda broker: reprice_calls(broker, selection, None if dry_run else wait)),
        currency,
        as_json=as_json,
    )


@app.command()
def settle(  # noqa: PLR0913 - each is an option of the command
    *,
    tenant: TenantOption = None,
    model: ModelOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    display: DisplayOption = "",
    wait: WaitOption = 60.0,
    config: ConfigOption = None,
) -> None:
    """Settle the held calls that have a price now; only calls that the stream still holds."""
    from weir.prices.corrections import settle_calls

    currency = _display(display)
    _print_report(
        with_kafka(config, lambda broker: settle_calls(broker, (tenant, model), None if dry_run else wait)),
        currency,
        as_json=as_json,
    )


async def _published(broker: Broker) -> Mapping[str, PriceDocument]:
    return await published(broker, PriceDocument)


def _print_report(report: CorrectionReport, display: DisplayCurrency | None, *, as_json: bool) -> None:
    from weir.prices.tables import difference_table, remarks, report_fields

    if as_json:
        sys.stdout.write(json.dumps(report_fields(report), indent=2) + "\n")
    else:
        if report.difference.by_key():
            console.print(difference_table(report.difference, display))
        for remark in remarks(report):
            console.print(remark, markup=False, highlight=False)
    raise typer.Exit(0 if report.decided is None or report.decided.is_complete else 1)


def _display(text: str) -> DisplayCurrency | None:
    try:
        return parse_display(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--display") from error


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"'{text}' is no time: write 2026-11-20 or 2026-11-20T12:00:00Z"
        raise typer.BadParameter(msg, param_hint=option) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
