"""Options of the `weir dlq` commands, and the selection of dead letters that they describe."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from weir.dead_letters.letters import LETTERED, RecordPosition, parse_position
from weir.dead_letters.reading import DeadLetterSelection

TopicOption = Annotated[
    list[str] | None,
    typer.Option("--topic", help="only records of this topic, such as llm.requests; can be repeated"),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="only this reason, such as invalid_event")]
SinceOption = Annotated[
    str, typer.Option("--since", help="failed since then: 30m, 2h, 7d, or a time (UTC without an offset)")
]
UntilOption = Annotated[str, typer.Option("--until", help="failed before then, in the same formats")]
TenantOption = Annotated[
    str | None,
    typer.Option("--tenant", help="only records of this tenant; opens each letter, so it needs the seal key"),
]
LimitOption = Annotated[
    int,
    typer.Option(
        "--limit", min=1, max=1_000_000, help="read at most this many of the newest letters of each partition"
    ),
]
PlacesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="TOPIC/PARTITION@OFFSET of originals or letters; without any, all that the options select",
    ),
]
NewDeadlineOption = Annotated[
    float | None,
    typer.Option(
        "--new-deadline",
        min=1,
        max=3600,
        help="seconds from now, for requests whose deadline has passed",
    ),
]
EvenPoisonOption = Annotated[
    bool,
    typer.Option(
        "--even-poison",
        help="also records that ended their service twice: fix the service first, or they end it again",
    ),
]
AgainOption = Annotated[bool, typer.Option("--again", help="also letters that were redriven before")]
AtMostOption = Annotated[
    int,
    typer.Option(
        "--at-most",
        min=1,
        max=10_000,
        help="stop after this many letters; topic by topic, oldest letter first",
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="redrive them; without it, only show what would happen")
]

DEFAULT_LIMIT = 10_000
DURATION = re.compile(r"(\d{1,4})([smhd])")
DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def selection_of(
    topics: Sequence[str] | None,
    reason: str | None,
    times: tuple[str, str],
    positions: Sequence[str],
    now: datetime,
) -> DeadLetterSelection:
    """The selection of the options; `times` are --since and --until; raises BadParameter."""
    parsed = frozenset(_parse_position(text) for text in positions)
    named = list(topics or ()) or sorted({position.topic.removesuffix(".dlq") for position in parsed})
    for topic in named:
        if topic not in LETTERED:
            msg = f"'{printable(topic)}' has no dead letters; topics: {', '.join(LETTERED)}"
            raise typer.BadParameter(msg, param_hint="--topic")
    since, until = (
        _parse_moment(text, now, hint) for text, hint in zip(times, ("--since", "--until"), strict=True)
    )
    return DeadLetterSelection(tuple(dict.fromkeys(named)) or tuple(LETTERED), reason, since, until, parsed)


def _parse_position(text: str) -> RecordPosition:
    position = parse_position(text)
    if position is None:
        msg = f"'{printable(text)}' is no TOPIC/PARTITION@OFFSET of a topic with dead letters"
        raise typer.BadParameter(msg, param_hint="PLACES")
    return position


def _parse_moment(text: str, now: datetime, hint: str) -> datetime | None:
    if not text:
        return None
    match = DURATION.fullmatch(text)
    if match is not None:
        return now - timedelta(**{DURATION_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        msg = f"'{printable(text)}' is no time: write 30m, 2h, 7d or 2026-11-30T12:00:00Z"
        raise typer.BadParameter(msg, param_hint=hint) from None


def printable(text: str) -> str:
    """The beginning of a text without control characters, for an error message."""
    return "".join(character if character.isprintable() else "?" for character in text[:80])
