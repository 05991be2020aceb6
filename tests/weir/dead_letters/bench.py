"""Builders for the tests of dead letters: letters, a redrive with replaced targets, committed offsets."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.quality import Evaluation
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import DependencyDownError
from streaming.events.dead_letters import DeadLetterCause, dead_letter
from streaming.events.event_processing import RecordRejectedError
from streaming.handling import Incoming, Row
from streaming.seal.seal import Sealer, new_key
from weir.dead_letters.execution import RedriveTargets
from weir.dead_letters.letters import LETTERED
from weir.dead_letters.plan import RedrivePlanner, RedriveTerms
from weir.dead_letters.reading import DeadLetterSelection, newest_ranges
from weir.dead_letters.redrive import Redrive, RedriveOptions, RedriveResult

KEY = new_key()
SEALER = Sealer.from_text(KEY)
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC)
QUESTION = "Where is the parcel of Jane Doe, jane@example.com?"


def example(kind: type[Event]) -> Any:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


def fact_record(event: Event, offset: int = 0) -> Record:
    """The record of an event on its topic."""
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
    """An evaluator that must not be called."""

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        raise AssertionError("nothing may be evaluated")


class StoredFacts:
    """A fact store that knows which facts it has."""

    def __init__(self) -> None:
        self.stored: list[UUID] = []

    async def missing(self, incoming: Incoming[Event]) -> Mapping[str, Sequence[Row]]:
        return {} if incoming.event_id in self.stored else {"completions": [{"id": str(incoming.event_id)}]}

    async def store(self, incoming: Incoming[Event], tables: Mapping[str, Sequence[Row]]) -> int:
        self.stored += [incoming.event_id for rows in tables.values() for _ in rows]
        return 1


class ExampleEvaluator:
    """An evaluator that evaluates or rejects everything."""

    def __init__(self, rejection: RecordRejectedError | None = None) -> None:
        self._rejection = rejection

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        if self._rejection is not None:
            raise self._rejection
        return [example(Evaluation)]


def redrive(broker: Broker, options: RedriveOptions | None = None, **replaced: Any) -> Redrive:
    terms = {name: replaced.pop(name) for name in ("new_deadline", "even_poison", "now") if name in replaced}
    targets: dict[str, Any] = {"rows": NoRows(), "evaluator": NoEvaluator(), "sealer": SEALER, **replaced}
    return Redrive(
        RedriveTargets(broker, **targets),
        RedrivePlanner(targets["sealer"], RedriveTerms(**terms)),
        options or RedriveOptions(DeadLetterSelection()),
    )


async def planned(
    broker: Broker, options: RedriveOptions | None = None, **replaced: Any
) -> list[RedriveResult]:
    run = redrive(broker, options, **replaced)
    return [result async for result in run.plan(await newest_ranges(broker, tuple(LETTERED), 10_000))]


async def performed(
    broker: Broker, options: RedriveOptions | None = None, **replaced: Any
) -> list[RedriveResult]:
    run = redrive(broker, options, **replaced)
    return [result async for result in run.perform(await newest_ranges(broker, tuple(LETTERED), 10_000))]


async def commit_past(broker: Broker, group: str, topic: str, offset: int) -> None:
    """Commit an offset as a member of a group."""

    async def ignore(partitions: frozenset[TopicPartition]) -> None:
        del partitions

    async with broker.join(
        group, [topic], assignor="range", client_id="past", on_revoked=ignore, on_assigned=ignore
    ) as member:
        await member.commit({TopicPartition(topic, 0): CommittedOffset(offset)})


async def append(
    broker: Broker, topic: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()
) -> int:
    return await (await broker.producer.send(OutboundRecord(topic, b"k", value, headers, 0)))
