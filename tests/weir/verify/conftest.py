"""A stream in memory and its rows in a real ClickHouse; tests plant faults in either."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar, TypeVar
from uuid import UUID, uuid4, uuid5

import pytest
from clickhouse_connect.driver.client import Client

from schemas.answers import Attempt, AttemptState
from schemas.event import Event
from schemas.outcomes import BookedAttempt, Completion
from schemas.stream import OffsetsSkipped
from schemas.topics import REQUESTS, kafka_topics
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import completion_rows
from services.sink.domain.rows import attempt_rows, dead_letter_rows, skip_rows
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, Record, TopicPartition
from streaming.events.publishing import TICK_HEADER
from streaming.handling import NAMESPACE, Incoming, Row
from streaming.loops.skips import SkipReason
from weir.clickhouse import connected
from weir.stack.migrate import migrate
from weir.verify.balance import StreamBalance
from weir.verify.verification import verify

E = TypeVar("E", bound=Event)

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
PARTITIONS = 3
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)


def example(kind: type[E]) -> E:
    """The example of an event class as if of two days ago: tables delete old rows at once."""
    text = (EXAMPLES / f"{kind.TYPE}.json").read_bytes()
    return kind.model_validate_json(
        re.sub(rb"\d{4}-\d\d-\d\d(?=T\d\d:)", AT.date().isoformat().encode(), text)
    )


COMPLETION = example(Completion)
ATTEMPT = example(Attempt)


@dataclass(frozen=True, slots=True)
class RequestPosition:
    """An offset of the requests' topic, and the names that follow from it."""

    partition: int
    offset: int

    @property
    def record_id(self) -> UUID:
        return uuid5(NAMESPACE, f"{self.partition}/{self.offset}")

    @property
    def attempt_id(self) -> UUID:
        return uuid5(self.record_id, "attempt")


def incoming(event: E, offset: int) -> Incoming[E]:
    return Incoming(event, UUID(int=offset), Record("facts", 0, offset, 0, None, b""), AT)


@dataclass(slots=True)
class Stream:
    """What a test plants records, rows and faults in."""

    broker: MemoryBroker
    client: Client
    store: ClickHouseStore
    database: str
    numbers: Iterator[int] = field(default_factory=count)
    AT: ClassVar[datetime] = AT

    @staticmethod
    def completion(
        position: RequestPosition,
        *,
        request_id: str = "",
        record_id: UUID | None = None,
        admitted_at: datetime = AT,
    ) -> Completion:
        """An answered request with one priced call."""
        source = COMPLETION.request.source.model_copy(
            update={"partition": position.partition, "offset": position.offset}
        )
        names = {
            "record_id": record_id or position.record_id,
            "request_id": request_id or f"r-{position.partition}-{position.offset}",
        }
        request = COMPLETION.request.model_copy(update={"source": source, **names})
        times = COMPLETION.times.model_copy(update={"admitted_at": admitted_at})
        return COMPLETION.model_copy(
            update={"request": request, "times": times, "attempts": (Stream.booked(position),)}
        )

    @staticmethod
    def booked(position: RequestPosition, state: AttemptState = "finished") -> BookedAttempt:
        """The call's usage line; only a finished call has tokens and a price."""
        line = COMPLETION.attempts[0]
        result = line.result.model_copy(update={"attempt_id": position.attempt_id, "state": state})
        if state == "finished":
            return line.model_copy(update={"result": result})
        return BookedAttempt(
            result=result,
            cost_status="unknown",
            reason="a crash left the call's result unknown",
            booked_at=AT,
        )

    async def request(self, partition: int = 0) -> RequestPosition:
        return RequestPosition(partition, await self.broker.append(REQUESTS.name, b"{}", partition=partition))

    async def tick(self, partition: int = 0) -> RequestPosition:
        return RequestPosition(
            partition,
            await self.broker.append(REQUESTS.name, None, ((TICK_HEADER, b"1"),), partition=partition),
        )

    async def marker(self, partition: int = 0) -> RequestPosition:
        self.broker.append_marker(REQUESTS.name, partition)
        return RequestPosition(
            partition, await self.broker.reader.end(TopicPartition(REQUESTS.name, partition)) - 1
        )

    async def answered(self, partition: int = 0) -> RequestPosition:
        """A request with its call, its outcome and its usage line."""
        position = await self.request(partition)
        await self.journal(position)
        await self.end(self.completion(position))
        return position

    async def journal(self, position: RequestPosition) -> None:
        update = {"attempt_id": position.attempt_id, "record_id": position.record_id}
        await self.insert(attempt_rows(incoming(ATTEMPT.model_copy(update=update), next(self.numbers))))

    async def end(self, outcome: Completion, *tables: str) -> None:
        """Store an outcome, or only those of its rows that stand in these tables."""
        rows = completion_rows(incoming(outcome, next(self.numbers)))
        await self.insert({table: found for table, found in rows.items() if not tables or table in tables})

    async def dead_letter(self, position: RequestPosition, topic: str = REQUESTS.name) -> None:
        headers = (
            ("weir-source-topic", topic.encode()),
            ("weir-source-partition", str(position.partition).encode()),
            ("weir-source-offset", str(position.offset).encode()),
            ("weir-reason", b"invalid_event"),
            ("weir-failed-at", AT.isoformat().encode()),
        )
        await self.letter(Record(f"{topic}.dlq", 0, next(self.numbers), 0, None, b"sealed", headers))

    async def letter(self, record: Record) -> None:
        await self.insert(dead_letter_rows(record))

    async def pass_over(
        self, first: RequestPosition, last: RequestPosition | None = None, reason: SkipReason = "no_record"
    ) -> None:
        event = OffsetsSkipped(
            topic=REQUESTS.name,
            partition=first.partition,
            first=first.offset,
            last=(last or first).offset,
            reason=reason,
            seen_at=AT,
        )
        await self.insert(skip_rows(incoming(event, next(self.numbers))))

    async def insert(self, tables: Mapping[str, Sequence[Row]]) -> None:
        for table, rows in tables.items():
            await self.store.insert(table, rows, f"{table}:{next(self.numbers)}")

    async def guard_commits(self) -> None:
        """The guard has read everything."""

        async def ignore(places: frozenset[TopicPartition]) -> None:
            del places

        join = self.broker.join(
            "guard",
            [REQUESTS.name],
            assignor="range",
            client_id="guard",
            on_revoked=ignore,
            on_assigned=ignore,
        )
        async with join as member:
            await member.commit(
                {
                    partition: CommittedOffset(await self.broker.reader.end(partition))
                    for partition in member.assignment()
                }
            )

    async def balance(self) -> StreamBalance:
        return await verify(self.broker, self.client, self.database)


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as client:
        yield client


@pytest.fixture
async def stream(clickhouse_url: str, client: Client) -> AsyncIterator[Stream]:
    """A stream in which nothing has happened yet."""
    database = f"balance_{uuid4().hex[:12]}"
    migrate(client, database)
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(PARTITIONS))
    store = ClickHouseStore(clickhouse_url, 30.0, database)
    yield Stream(broker, client, store, database)
    await store.close()
    client.command(f"DROP DATABASE {database}")


@pytest.fixture
async def settled(stream: Stream) -> Stream:
    """Seven requests on three partitions, all ended, with ticks and markers between them."""
    for partition in (0, 1, 0, 2, 1, 0):
        await stream.answered(partition)
    await stream.pass_over(await stream.tick(1), reason="tick")
    await stream.pass_over(await stream.marker(0))
    await stream.answered(1)
    await stream.guard_commits()
    return stream
