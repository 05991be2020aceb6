"""`weir dlq`: list dead letters, look at one without its content, put them back."""

import json
import re
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
from weir.dead_letters.letters import LETTERED, RecordPosition, is_uuid, letter_of, parse_position
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

    Run = Callable[[Redrive, Sequence[OffsetRange]], AsyncIterator[RedriveResult]]

app = typer.Typer(
    no_args_is_help=True,
    help="Records that could not be handled: list them, look at one without its content, put them back.",
)

TopicOption = Annotated[
    list[str] | None,
    typer.Option("--topic", help="records of this topic only, as llm.requests; may be given again"),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="one reason only, as invalid_event")]
SinceOption = Annotated[
    str, typer.Option("--since", help="failed since then: 30m, 2h, 7d, or a time in UTC or with its offset")
]
UntilOption = Annotated[str, typer.Option("--until", help="failed before then, likewise")]
TenantOption = Annotated[
    str | None,
    typer.Option(
        "--tenant", help="records that name this tenant; opens each letter, so it needs the seal's key"
    ),
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=1_000_000, help="read so many of each topic's newest letters")
]

LIMIT = 10_000
SPAN = re.compile(r"(\d{1,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command(name="ls")
def list_letters(  # noqa: PLR0913 - each is an option of the command
    *,
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    tenant: TenantOption = None,
    limit: LimitOption = LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Count dead letters by topic, reason, service and error."""
    from weir.dead_letters.plan import RedrivePlanner, RedriveTerms
    from weir.dead_letters.tables import DeadLetterCounts, counts_json, counts_table, unread_lines

    now = datetime.now(UTC)
    selection = _selection(topic, reason, (since, until), (), now)
    planner = RedrivePlanner(_sealer(config), RedriveTerms(now=now)) if tenant is not None else None

    async def look(broker: Broker) -> tuple[DeadLetterCounts, Mapping[str, int]]:
        counts = DeadLetterCounts()
        to_read = await newest_ranges(broker, selection.topics, limit)
        for span in to_read:
            async for records in records_of(broker, span):
                for record in records:
                    letter = letter_of(record)
                    if selection.wants(letter) and (
                        planner is None or planner.tenant(record, letter) == tenant
                    ):
                        counts.take(letter)
        return counts, _unread(to_read)

    counts, unread = with_kafka(config, look)
    if as_json:
        sys.stdout.write(counts_json(counts, unread) + "\n")
        return
    console.print(
        counts_table(counts)
        if counts.letters
        else "no dead letters" + (" that fit" if selection != DeadLetterSelection() or tenant else "")
    )
    _say(unread_lines(unread))


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="TOPIC/PARTITION@OFFSET of the original or of the letter, or an id of the letter or its request"
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", help="write the original, in the clear, to this new file that only you may read"
        ),
    ] = None,
    limit: LimitOption = LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show where a letter comes from, why it is here and what it is made of: names of fields, types, lengths, never what they say."""
    from weir.dead_letters.showing import view_of, write_original
    from weir.dead_letters.tables import view_fields, view_lines

    place = parse_position(name)
    if place is None and not is_uuid(name):
        msg = f"'{_printable(name)}' is neither TOPIC/PARTITION@OFFSET of a topic with dead letters nor an id"
        raise typer.BadParameter(msg, param_hint="NAME")
    found: list[Record] = with_kafka(
        config, lambda broker: find_letters(broker, place or name.lower(), limit)
    )
    sealer = _sealer(config)
    views = [view_of(sealer, record) for record in found]
    if as_json:
        sys.stdout.write(json.dumps([view_fields(view) for view in views], indent=2) + "\n")
    else:
        _say("\n".join(view_lines(view)) + "\n" for view in views)
    if output is not None:
        with exit_on_error():
            size = write_original(sealer, found[-1], output)
        errors.print(
            f"{output} holds {size} bytes IN THE CLEAR, personal data included: delete it when you have looked",
            markup=False,
            highlight=False,
        )


@app.command()
def redrive(  # noqa: PLR0913 - each is an option of the command
    places: Annotated[
        list[str] | None,
        typer.Argument(
            help="TOPIC/PARTITION@OFFSET of originals or letters; all that fit where none is named"
        ),
    ] = None,
    *,
    topic: TopicOption = None,
    reason: ReasonOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    tenant: TenantOption = None,
    new_deadline: Annotated[
        float | None,
        typer.Option(
            "--new-deadline",
            min=1,
            max=3600,
            help="seconds from now on, for requests whose deadline has passed",
        ),
    ] = None,
    even_poison: Annotated[
        bool,
        typer.Option(
            "--even-poison",
            help="also records that ended their service twice: mend the service first, or they end it again",
        ),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="also what a command has put back before")] = False,
    at_most: Annotated[
        int,
        typer.Option(
            "--at-most",
            min=1,
            max=10_000,
            help="stop after this many letters; topics are taken one after another, the oldest letter first in each",
        ),
    ] = 1_000,
    yes: Annotated[
        bool, typer.Option("--yes", help="do it; otherwise it is only said what would happen")
    ] = False,
    limit: LimitOption = LIMIT,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Put letters back: requests as new records, facts to the service that could not take them. A dry run unless --yes."""
    from weir.dead_letters.plan import RedriveTerms
    from weir.dead_letters.redrive import IS_BACK, Redrive, RedriveOptions

    now = datetime.now(UTC)
    selection = _selection(topic, reason, (since, until), places or (), now)
    if yes and selection == DeadLetterSelection() and tenant is None:
        fail(
            "say which letters: a place, --topic, --reason, --since, --until or --tenant; without --yes it only says what would happen",
            2,
        )
    terms = RedriveTerms(None if new_deadline is None else timedelta(seconds=new_deadline), even_poison, now)
    run = Redrive.perform if yes else Redrive.plan
    results, unread = _run(run, terms, RedriveOptions(selection, tenant, at_most, limit, again), config)
    _tell(
        results,
        unread,
        as_json=as_json,
        is_dry_run=not yes,
        is_full=sum(result.to is not None for result in results) >= at_most,
    )
    if yes and any(result.code not in IS_BACK for result in results):
        raise typer.Exit(1)


def _run(
    run: "Run", terms: "RedriveTerms", wish: "RedriveOptions", config: Path | None
) -> tuple[Sequence["RedriveResult"], Mapping[str, int]]:
    from weir.dead_letters.evaluating import EvaluatorHandlers
    from weir.dead_letters.plan import RedrivePlanner
    from weir.dead_letters.redrive import Redrive, RedriveTargets
    from weir.dead_letters.rows import FactRowWriter

    with exit_on_error():
        chosen = load(config)
        bootstrap, url, key = kafka_bootstrap(chosen), clickhouse_url(chosen), seal_key(home(chosen))
        sealer = Sealer.from_text(key)

    async def put_back(broker: Broker) -> tuple[Sequence["RedriveResult"], Mapping[str, int]]:
        rows = FactRowWriter.of_sink(bootstrap, url, key)
        try:
            doors = RedriveTargets(broker, sealer, rows, EvaluatorHandlers(bootstrap, url, key))
            to_read = await newest_ranges(broker, wish.selection.topics, wish.limit)
            return [
                result async for result in run(Redrive(doors, RedrivePlanner(sealer, terms), wish), to_read)
            ], _unread(to_read)
        finally:
            await rows.close()

    return with_kafka(config, put_back)


def _tell(
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
    _say(unread_lines(unread))
    if is_full:
        _say(["as many as --at-most allows: run it again for the rest, or raise it"])
    if is_dry_run and results:
        _say(["nothing was put back: this was a dry run, --yes does it"])


def _selection(
    topics: list[str] | None, reason: str | None, times: tuple[str, str], places: Sequence[str], now: datetime
) -> DeadLetterSelection:
    positions = frozenset(_position(place) for place in places)
    named = list(topics or ()) or sorted({position.topic.removesuffix(".dlq") for position in positions})
    for topic in named:
        if topic not in LETTERED:
            msg = f"'{_printable(topic)}' has no dead letters; topics: {', '.join(LETTERED)}"
            raise typer.BadParameter(msg, param_hint="--topic")
    since, until = (
        _moment(text, now, hint) for text, hint in zip(times, ("--since", "--until"), strict=True)
    )
    return DeadLetterSelection(
        tuple(dict.fromkeys(named)) or tuple(LETTERED), reason, since, until, positions
    )


def _position(text: str) -> RecordPosition:
    position = parse_position(text)
    if position is None:
        msg = f"'{_printable(text)}' is no TOPIC/PARTITION@OFFSET of a topic with dead letters"
        raise typer.BadParameter(msg, param_hint="PLACES")
    return position


def _moment(text: str, now: datetime, hint: str) -> datetime | None:
    if not text:
        return None
    match = SPAN.fullmatch(text)
    if match is not None:
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        msg = f"'{_printable(text)}' is no time: write 30m, 2h, 7d or 2026-11-30T12:00:00Z"
        raise typer.BadParameter(msg, param_hint=hint) from None


def _sealer(config: Path | None) -> Sealer:
    with exit_on_error():
        return Sealer.from_text(seal_key(home(load(config))))


def _unread(to_read: Sequence[OffsetRange]) -> Mapping[str, int]:
    return {span.place.topic: span.unread for span in to_read if span.unread}


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:80])
