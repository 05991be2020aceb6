"""`weir dlq`: count dead letters, show the structure of one, redrive them."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streaming.brokers.port import Broker
from streaming.brokers.records import Record
from streaming.seal.seal import Sealer
from weir.config.file import load
from weir.dead_letters.letters import is_uuid, letter_of, parse_position
from weir.dead_letters.options import (
    DEFAULT_LIMIT,
    AgainOption,
    AtMostOption,
    EvenPoisonOption,
    LimitOption,
    NewDeadlineOption,
    PlacesArgument,
    ReasonOption,
    SinceOption,
    TenantOption,
    TopicOption,
    UntilOption,
    YesOption,
    printable,
    selection_of,
)
from weir.dead_letters.reading import (
    DeadLetterSelection,
    OffsetRange,
    find_letters,
    newest_ranges,
    records_of,
)
from weir.stack.parts import clickhouse_url, home, kafka_bootstrap
from weir.stack.secrets import seal_key
from weir.terminal import ConfigOption, JsonOption, console, errors, exit_on_error, fail, with_kafka

if TYPE_CHECKING:
    from weir.dead_letters.plan import RedriveTerms
    from weir.dead_letters.redrive import Redrive, RedriveOptions, RedriveResult

    RunRedrive = Callable[[Redrive, Sequence[OffsetRange]], AsyncIterator[RedriveResult]]

app = typer.Typer(
    no_args_is_help=True,
    help="Records that could not be handled: count them, show one without its content, redrive them.",
)


@app.command(name="ls")
def list_letters(  # noqa: PLR0913 - each is an option of the command
    *,
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    tenant: TenantOption = None,
    limit: LimitOption = DEFAULT_LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Count dead letters by topic, reason, service and error."""
    from weir.dead_letters.plan import RedrivePlanner, RedriveTerms
    from weir.dead_letters.tables import DeadLetterCounts, counts_json, counts_table, unread_lines

    now = datetime.now(UTC)
    selection = selection_of(topic, reason, (since, until), (), now)
    planner = RedrivePlanner(_sealer(config), RedriveTerms(now=now)) if tenant is not None else None

    async def count(broker: Broker) -> tuple[DeadLetterCounts, Mapping[str, int]]:
        counts = DeadLetterCounts()
        to_read = await newest_ranges(broker, selection.topics, limit)
        for offset_range in to_read:
            async for records in records_of(broker, offset_range):
                for record in records:
                    letter = letter_of(record)
                    if selection.includes(letter) and (
                        planner is None or planner.tenant(record, letter) == tenant
                    ):
                        counts.add(letter)
        return counts, _unread(to_read)

    counts, unread = with_kafka(config, count)
    if as_json:
        sys.stdout.write(counts_json(counts, unread) + "\n")
        return
    console.print(
        counts_table(counts)
        if counts.letters
        else "no dead letters" + (" that fit" if selection != DeadLetterSelection() or tenant else "")
    )
    _print_lines(unread_lines(unread))


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="TOPIC/PARTITION@OFFSET of the original or letter, or the id of the letter or its request"
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", help="write the original, in the clear, to this new file that only you can read"
        ),
    ] = None,
    limit: LimitOption = DEFAULT_LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show a letter's origin, reason and structure: field names, types and lengths, never its content."""
    from weir.dead_letters.showing import view_of, write_original
    from weir.dead_letters.tables import view_fields, view_lines

    position = parse_position(name)
    if position is None and not is_uuid(name):
        msg = f"'{printable(name)}' is neither TOPIC/PARTITION@OFFSET of a topic with dead letters nor an id"
        raise typer.BadParameter(msg, param_hint="NAME")
    records: list[Record] = with_kafka(
        config, lambda broker: find_letters(broker, position or name.lower(), limit)
    )
    sealer = _sealer(config)
    views = [view_of(sealer, record) for record in records]
    if as_json:
        sys.stdout.write(json.dumps([view_fields(view) for view in views], indent=2) + "\n")
    else:
        _print_lines("\n".join(view_lines(view)) + "\n" for view in views)
    if output is not None:
        with exit_on_error():
            size = write_original(sealer, records[-1], output)
        errors.print(
            f"{output} holds {size} bytes IN THE CLEAR, personal data included: "
            "delete it when you have looked",
            markup=False,
            highlight=False,
        )


@app.command()
def redrive(  # noqa: PLR0913 - each is an option of the command
    places: PlacesArgument = None,
    *,
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    tenant: TenantOption = None,
    new_deadline: NewDeadlineOption = None,
    even_poison: EvenPoisonOption = False,
    again: AgainOption = False,
    at_most: AtMostOption = 1_000,
    yes: YesOption = False,
    limit: LimitOption = DEFAULT_LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Redrive letters: republish requests, hand facts to the service that failed; a dry run without --yes."""
    from weir.dead_letters.plan import RedriveTerms
    from weir.dead_letters.redrive import IS_BACK, Redrive, RedriveOptions

    now = datetime.now(UTC)
    selection = selection_of(topic, reason, (since, until), places or (), now)
    if yes and selection == DeadLetterSelection() and tenant is None:
        fail(
            "say which letters: a place, --topic, --reason, --since, --until or --tenant; "
            "without --yes it only says what would happen",
            2,
        )
    terms = RedriveTerms(None if new_deadline is None else timedelta(seconds=new_deadline), even_poison, now)
    run = Redrive.perform if yes else Redrive.plan
    options = RedriveOptions(selection, tenant, at_most, limit, again)
    results, unread = _run(run, terms, options, config)
    _print_results(
        results,
        unread,
        as_json=as_json,
        is_dry_run=not yes,
        is_full=sum(result.to is not None for result in results) >= at_most,
    )
    if yes and any(result.code not in IS_BACK for result in results):
        raise typer.Exit(1)


def _run(
    run: "RunRedrive", terms: "RedriveTerms", options: "RedriveOptions", config: Path | None
) -> tuple[Sequence["RedriveResult"], Mapping[str, int]]:
    from weir.dead_letters.evaluating import EvaluatorHandlers
    from weir.dead_letters.execution import RedriveTargets
    from weir.dead_letters.plan import RedrivePlanner
    from weir.dead_letters.redrive import Redrive
    from weir.dead_letters.rows import FactRowWriter

    with exit_on_error():
        loaded = load(config)
        bootstrap, url, key = kafka_bootstrap(loaded), clickhouse_url(loaded), seal_key(home(loaded))
        sealer = Sealer.from_text(key)

    async def run_redrive(broker: Broker) -> tuple[Sequence["RedriveResult"], Mapping[str, int]]:
        rows = FactRowWriter.of_sink(bootstrap, url, key)
        try:
            targets = RedriveTargets(broker, sealer, rows, EvaluatorHandlers(bootstrap, url, key))
            to_read = await newest_ranges(broker, options.selection.topics, options.limit)
            redrive = Redrive(targets, RedrivePlanner(sealer, terms), options)
            return [result async for result in run(redrive, to_read)], _unread(to_read)
        finally:
            await rows.close()

    return with_kafka(config, run_redrive)


def _print_results(
    results: Sequence["RedriveResult"],
    unread: Mapping[str, int],
    *,
    as_json: bool,
    is_dry_run: bool,
    is_full: bool,
) -> None:
    from weir.dead_letters.tables import results_json, results_table, unread_lines

    if as_json:
        sys.stdout.write(results_json(results, unread, is_dry_run=is_dry_run) + "\n")
        return
    console.print(results_table(results) if results else "no dead letters that fit")
    _print_lines(unread_lines(unread))
    if is_full:
        _print_lines(["as many as --at-most allows: run it again for the rest, or raise it"])
    if is_dry_run and results:
        _print_lines(["nothing was put back: this was a dry run, --yes does it"])


def _sealer(config: Path | None) -> Sealer:
    with exit_on_error():
        return Sealer.from_text(seal_key(home(load(config))))


def _unread(to_read: Sequence[OffsetRange]) -> Mapping[str, int]:
    return {offsets.partition.topic: offsets.unread for offsets in to_read if offsets.unread}


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
