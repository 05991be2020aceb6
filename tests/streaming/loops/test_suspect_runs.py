"""Suspects of ledger and sink are tried in runs, and an end counts against no record of another partition."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import LlmRequest, ScreenedRequest
from schemas.topics import TOPIC_OF, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.memory.group import MemoryGroupConsumer
from streaming.brokers.records import CommittedOffset, OutboundRecord, TopicPartition
from streaming.handling import Incoming, LedgerDecision, Row
from streaming.loops.ledger import Ledger
from streaming.loops.sink import Sink
from streaming.loops.stage import Stage
from streaming.partitions.commit_envelope import CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from streaming.partitions.quarantine import MAX_RUN
from tests.streaming.loops.bench import SEALER, example, killed, running, until
from tests.streaming.loops.test_poison import PLAIN, Books, ProcessEnded, Rows, failed, outcomes, reasons

MANY = 400
SCREENED = TOPIC_OF[ScreenedRequest].name
COMPLETIONS = TOPIC_OF[Completion].name


class NotedConsumer(MemoryGroupConsumer):
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


class NotingBroker(MemoryBroker):
    """A broker that notes commits."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Mapping[TopicPartition, CommittedOffset]] = []
        self.has_ended = asyncio.Event()

    @asynccontextmanager
    async def join(self, *args: Any, **kwargs: Any) -> AsyncGenerator[MemoryGroupConsumer]:
        async with super().join(*args, **kwargs) as consumer:
            yield NotedConsumer(consumer, self.commits)

    def end_process(self) -> None:
        """End the process at work: no lane of it reaches the broker any more."""
        self.go_down()
        self.has_ended.set()
        raise ProcessEnded

    @property
    def alone(self) -> list[int]:
        """The records that commits named, in their order."""
        envelopes = (read_envelope(mark.metadata) for marks in self.commits for mark in marks.values())
        return [envelope.alone for envelope in envelopes if envelope.alone is not None]


@pytest.fixture
async def noting() -> NotingBroker:
    broker = NotingBroker()
    await broker.admin.create_topics(kafka_topics(2))
    return broker


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


async def ends(broker: NotingBroker, made: Callable[[], Any], count: int) -> None:
    """Run so many processes until a record ends them."""
    for _ in range(count):
        task = asyncio.create_task(made().run(broker, Lease(10.0), asyncio.Event()))
        await asyncio.wait_for(broker.has_ended.wait(), 10)
        await killed(task)
        broker.has_ended.clear()
        broker.come_back()


def ledger(broker: NotingBroker, ends_at: str = "ends-it") -> Ledger:
    def decide(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        del state
        if incoming.event.request.request_id == ends_at:
            broker.end_process()
        return failed(incoming.event.request.request_id)

    client_id = f"meter-{uuid4().hex[:6]}"
    decisions = {ScreenedRequest: decide}
    return Ledger("meter", decisions, lambda _s, _n: (), (Completion,), Books, SEALER, client_id)


def sink(broker: NotingBroker, store: Rows) -> Sink:
    def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
        name = incoming.event.request.request_id
        if name == "ends-it":
            broker.end_process()
        return {"completions": [{"name": name}]}

    return Sink("sink", {Completion: rows_of}, {}, store, SEALER, f"sink-{uuid4().hex[:6]}", 100)


def numbered(prefix: str, count: int = MANY) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


async def test_a_ledger_tries_its_suspects_in_runs(noting: NotingBroker) -> None:
    await fill(noting, example(ScreenedRequest), 0, numbered("r"))
    await leave_unclean(noting, "meter", SCREENED)
    noting.commits.clear()

    async with running(ledger(noting), noting) as task:
        await until(lambda: len(noting.records(COMPLETIONS)) == MANY, task)

    runs = [read_envelope(mark.metadata).run for marks in noting.commits for mark in marks.values()]
    assert [run for run in runs if run] == [range(128), range(128, 256), range(256, 384), range(384, 400)]
    assert len(noting.commits) < MANY / MAX_RUN + 10
    assert read_envelope(noting.commits[-1][TopicPartition(SCREENED, 0)].metadata).is_clean


async def test_a_ledger_finds_the_record_that_ends_it_in_one_run(noting: NotingBroker) -> None:
    names = numbered("r")
    names[200] = "ends-it"
    await fill(noting, example(ScreenedRequest), 0, names)
    await ends(noting, lambda: ledger(noting), 4)
    assert noting.records(f"{SCREENED}.dlq") == []

    async with running(ledger(noting), noting) as task:
        await until(lambda: set(names) - {"ends-it"} <= outcomes(noting), task)

    assert reasons(noting, f"{SCREENED}.dlq") == ["poison"]
    assert set(noting.alone) <= set(range(MAX_RUN, 2 * MAX_RUN))


async def test_a_sink_finds_the_record_that_ends_it_and_stores_all_others_once(noting: NotingBroker) -> None:
    names = numbered("r")
    names[200] = "ends-it"
    await fill(noting, example(Completion), 0, names)
    store = Rows()
    await ends(noting, lambda: sink(noting, store), 4)
    assert noting.records(f"{COMPLETIONS}.dlq") == []

    async with running(sink(noting, store), noting) as task:
        await until(lambda: len(store.names) == MANY - 1, task)

    assert sorted(map(str, store.names)) == sorted(set(names) - {"ends-it"})
    assert reasons(noting, f"{COMPLETIONS}.dlq") == ["poison"]
    assert set(noting.alone) <= set(range(MAX_RUN, 2 * MAX_RUN))


async def test_a_sink_tries_the_block_that_was_declared_in_runs(noting: NotingBroker) -> None:
    await fill(noting, example(Completion), 0, numbered("r"))
    await leave_unclean(noting, "sink", COMPLETIONS, f"v1:{MANY}")
    noting.commits.clear()
    store = Rows()

    async with running(sink(noting, store), noting) as task:
        await until(lambda: len(store.names) == MANY, task)

    assert noting.alone == []
    assert len(noting.commits) < MANY / MAX_RUN + 10


async def test_a_record_that_ends_a_ledger_accuses_none_of_another_partition(noting: NotingBroker) -> None:
    await fill(noting, example(ScreenedRequest), 0, numbered("innocent", 5))
    await fill(noting, example(ScreenedRequest), 1, ["first", "ends-it", "last"])
    await ends(noting, lambda: ledger(noting), 4)

    async with running(ledger(noting), noting) as task:
        await until(lambda: {*numbered("innocent", 5), "first", "last"} <= outcomes(noting), task)

    assert reasons(noting, f"{SCREENED}.dlq") == ["poison"]


async def test_a_record_that_ends_a_stage_accuses_none_of_another_partition(noting: NotingBroker) -> None:
    for partition, texts in enumerate((numbered("innocent", 5), ["ends it", "last"])):
        for text in texts:
            await noting.append("llm.requests", PLAIN % text.encode(), partition=partition)
    handled: set[str] = set()

    def stage() -> Stage:
        async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
            text = next(iter(incoming.event.messages or ())).content
            if text == "ends it":
                noting.end_process()
            handled.add(text)
            return []

        return Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")

    await ends(noting, stage, 3)
    async with running(stage(), noting) as task:
        await until(lambda: {*numbered("innocent", 5), "last"} <= handled, task)

    assert reasons(noting, "llm.requests.dlq") == ["poison"]


async def test_kills_from_outside_at_different_records_make_no_dead_letter(noting: NotingBroker) -> None:
    names = numbered("r")
    await fill(noting, example(ScreenedRequest), 0, names)

    for killed_at in (names[number] for number in (10, 20, 30, 170, 175, 300, 25, 399)):
        await ends(noting, lambda killed_at=killed_at: ledger(noting, killed_at), 1)
    async with running(ledger(noting), noting) as task:
        await until(lambda: set(names) <= outcomes(noting), task)

    assert noting.alone
    assert reasons(noting, f"{SCREENED}.dlq") == []
