"""What the tests of the loops share: a running loop, a killed one, and events to feed it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest, ScreenedRequest
from schemas.topics import TOPIC_OF
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.memory.group import MemoryGroupConsumer
from streaming.brokers.records import CommittedOffset, OutboundRecord, TopicPartition
from streaming.handling import Incoming, LedgerDecision, Row
from streaming.loops.ledger import Ledger
from streaming.partitions.commit_envelope import CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from streaming.seal.seal import Sealer, new_key

SEALER = Sealer.from_text(new_key())
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
PLAIN = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "%s"}]}'
MANY = 400
SCREENED = TOPIC_OF[ScreenedRequest].name


def example(kind: type[Event]) -> Any:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


@asynccontextmanager
async def running(loop: Any, broker: MemoryBroker) -> AsyncGenerator["asyncio.Task[None]"]:
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(broker, Lease(10.0), stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=10)


async def until(holds: Callable[[], bool], task: "asyncio.Task[None] | None" = None) -> None:
    async with asyncio.timeout(10):
        while not holds():
            if task is not None and task.done():
                task.result()
            await asyncio.sleep(0.01)


async def killed(task: "asyncio.Task[None]") -> None:
    """End a loop without letting it finish or commit anything, as kill -9 would."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def put(broker: MemoryBroker, event: Event, event_id: UUID | None = None) -> None:
    encoded = encode(event, event_id=event_id or uuid4(), source="test", time=NOW)
    await (
        await broker.producer.send(
            OutboundRecord(TOPIC_OF[type(event)].name, encoded.key, encoded.value, encoded.headers, 0)
        )
    )


def ids(broker: MemoryBroker, topic: str) -> list[str]:
    return [(record.header("ce_id") or b"").decode() for record in broker.records(topic)]


class ProcessEnded(BaseException):
    """Stands for a process that is gone: nothing after it runs, and nothing is committed."""


async def ended(loop: Any, broker: MemoryBroker) -> None:
    """Run a process until a record ends it."""
    task = asyncio.create_task(loop.run(broker, Lease(10.0), asyncio.Event()))
    async with asyncio.timeout(10):
        try:
            await task
        except ProcessEnded:
            return
    raise AssertionError("the process was to end")


def reasons(broker: MemoryBroker, topic: str) -> list[str]:
    return [(letter.header("weir-reason") or b"").decode() for letter in broker.records(topic)]


class Books:
    """A state that counts its decisions."""

    def __init__(self) -> None:
        self.folded: list[UUID] = []

    def fold(self, event: Event, event_id: UUID) -> None:
        del event
        self.folded.append(event_id)

    def dump(self) -> Sequence[str]:
        return ()

    def load(self, pieces: Sequence[str]) -> None:
        del pieces


def failed(request_id: str) -> LedgerDecision:
    completion: Completion = example(Completion)
    request = completion.request.model_copy(update={"request_id": request_id})
    return LedgerDecision(completion.model_copy(update={"request": request}), f"{request_id}/outcome")


def outcomes(broker: MemoryBroker) -> set[str]:
    return {
        Completion.model_validate_json(record.value or b"").request.request_id
        for record in broker.records("llm.completions")
    }


def admitted(request_id: str) -> AdmittedRequest:
    event: AdmittedRequest = example(AdmittedRequest)
    return event.model_copy(update={"request": event.request.model_copy(update={"request_id": request_id})})


class Rows:
    """A store that keeps blocks by their token."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[Row]] = {}

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        del table
        self.blocks.setdefault(token, list(rows))

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        del table, rows
        return ()

    async def check(self) -> None:
        return None

    @property
    def names(self) -> list[object]:
        return [row["name"] for rows in self.blocks.values() for row in rows]


class CommitRecordingConsumer(MemoryGroupConsumer):
    """A member whose commits take a moment, as those of Kafka do, and are noted."""

    def __init__(
        self, consumer: MemoryGroupConsumer, commits: list[Mapping[TopicPartition, CommittedOffset]]
    ) -> None:
        self.__dict__.update(consumer.__dict__)
        self._commits = commits

    async def commit(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        await asyncio.sleep(0.001)
        await super().commit(offsets)
        self._commits.append(offsets)


class CommitRecordingBroker(MemoryBroker):
    """A broker that notes commits."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Mapping[TopicPartition, CommittedOffset]] = []
        self.has_ended = asyncio.Event()

    @asynccontextmanager
    async def join(self, *args: Any, **kwargs: Any) -> AsyncGenerator[MemoryGroupConsumer]:
        async with super().join(*args, **kwargs) as consumer:
            yield CommitRecordingConsumer(consumer, self.commits)

    def end_process(self) -> None:
        """End the process at work: no worker of it reaches the broker any more."""
        self.go_down()
        self.has_ended.set()
        raise ProcessEnded

    @property
    def alone(self) -> list[int]:
        """The records that commits named, in their order."""
        envelopes = (
            read_envelope(committed.metadata) for offsets in self.commits for committed in offsets.values()
        )
        return [envelope.alone for envelope in envelopes if envelope.alone is not None]


async def fill(broker: MemoryBroker, event: Any, partition: int, names: Sequence[str]) -> None:
    topic = TOPIC_OF[type(event)].name
    for name in names:
        request = event.request.model_copy(update={"request_id": name})
        value = event.model_copy(update={"request": request}).model_dump_json().encode()
        headers = (("ce_id", str(uuid4()).encode()), ("ce_type", type(event).TYPE.encode()))
        await broker.producer.send(OutboundRecord(topic, b"key", value, headers, partition))


async def leave_unclean(broker: MemoryBroker, group: str, topic: str, loop: str = "") -> None:
    """Commit as a process that ended with everything at work."""
    unclean = CommitMetadata(is_clean=False, writer="dead", loop=loop)
    joined = broker.join(
        group,
        [topic],
        assignor="range",
        client_id="dead",
        on_revoked=ignored,
        on_assigned=ignored,
    )
    async with joined as consumer:
        await consumer.commit({TopicPartition(topic, 0): CommittedOffset(0, unclean.to_metadata())})


async def ignored(topic_partitions: frozenset[TopicPartition]) -> None:
    del topic_partitions


def ending_ledger(broker: CommitRecordingBroker, ends_at: str = "ends-it") -> Ledger:
    def decide(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        del state
        if incoming.event.request.request_id == ends_at:
            broker.end_process()
        return failed(incoming.event.request.request_id)

    client_id = f"meter-{uuid4().hex[:6]}"
    decisions = {ScreenedRequest: decide}
    return Ledger("meter", decisions, lambda _s, _n: (), (Completion,), Books, SEALER, client_id)


def numbered(prefix: str, count: int = MANY) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]
