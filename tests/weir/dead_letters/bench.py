"""What the tests of dead letters share: letters made by real loops, a redrive with chosen doors, and what they hold."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import DependencyDownError
from streaming.events.dead_letters import DeadLetterCause, dead_letter
from streaming.handling import Incoming, Row
from streaming.seal.seal import Sealer, new_key
from weir.dead_letters.letters import LETTERED
from weir.dead_letters.plan import RedrivePlanner, RedriveTerms
from weir.dead_letters.reading import DeadLetterSelection, newest_ranges
from weir.dead_letters.redrive import Redrive, RedriveOptions, RedriveResult, RedriveTargets

KEY = new_key()
SEALER = Sealer.from_text(KEY)
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC)
QUESTION = "Where is the parcel of Jane Doe, jane@example.com?"


def example(kind: type[Event]) -> Any:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


def fact_record(event: Event, offset: int = 0) -> Record:
    """An event as it stands on its topic."""
    encoded = encode(event, event_id=uuid4(), source="test", time=NOW)
    return Record(TOPIC_OF[type(event)].name, 0, offset, 1, encoded.key, encoded.value, encoded.headers)


async def put_letter(
    broker: Broker,
    record: Record,
    service: str,
    reason: str = "unexpected_error",
    *,
    ago: timedelta = timedelta(),
) -> int:
    letter = dead_letter(
        SEALER, record, DeadLetterCause(service, reason, f"{reason} in {service}"), NOW - ago
    )
    return await (await broker.producer.send(letter))


class NoRows:
    """A ClickHouse that is down."""

    async def missing(self, incoming: Incoming[Event]) -> Mapping[str, Sequence[Row]]:
        raise DependencyDownError("ClickHouse does not answer at nowhere:8123")

    async def store(self, incoming: Incoming[Event], tables: Mapping[str, Sequence[Row]]) -> int:
        raise AssertionError("nothing may be stored")


class NoEvaluator:
    """Nothing is evaluated."""

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        raise AssertionError("nothing may be evaluated")


def redrive(broker: Broker, wish: RedriveOptions | None = None, **doors: Any) -> Redrive:
    terms = {name: doors.pop(name) for name in ("new_deadline", "even_poison", "now") if name in doors}
    chosen: dict[str, Any] = {"rows": NoRows(), "evaluator": NoEvaluator(), "sealer": SEALER, **doors}
    return Redrive(
        RedriveTargets(broker, **chosen),
        RedrivePlanner(chosen["sealer"], RedriveTerms(**terms)),
        wish or RedriveOptions(DeadLetterSelection()),
    )


async def planned(broker: Broker, wish: RedriveOptions | None = None, **doors: Any) -> list[RedriveResult]:
    run = redrive(broker, wish, **doors)
    return [result async for result in run.plan(await newest_ranges(broker, tuple(LETTERED), 10_000))]


async def performed(broker: Broker, wish: RedriveOptions | None = None, **doors: Any) -> list[RedriveResult]:
    run = redrive(broker, wish, **doors)
    return [result async for result in run.perform(await newest_ranges(broker, tuple(LETTERED), 10_000))]


async def passed(broker: Broker, group: str, topic: str, offset: int) -> None:
    """Let a group have committed up to an offset."""

    async def ignore(places: frozenset[TopicPartition]) -> None:
        del places

    async with broker.join(
        group, [topic], assignor="range", client_id="past", on_revoked=ignore, on_assigned=ignore
    ) as member:
        await member.commit({TopicPartition(topic, 0): CommittedOffset(offset)})


async def append(
    broker: Broker, topic: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()
) -> int:
    return await (await broker.producer.send(OutboundRecord(topic, b"k", value, headers, 0)))
