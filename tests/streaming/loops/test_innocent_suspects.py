"""A process that is killed or stopped while it waits for an outside call accuses no suspect."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import DependencyDownError
from streaming.handling import DeadLetteredRecord, Incoming, Journal, Row
from streaming.loops.dispatcher import Dispatcher
from streaming.loops.sink import Sink
from streaming.loops.stage import COMMIT_EVERY_RECORDS, MAX_BATCH_RECORDS, Stage
from streaming.partitions.commit_envelope import CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import (
    SEALER,
    ProcessEnded,
    Rows,
    admitted,
    ended,
    example,
    put,
    reasons,
    running,
    until,
)

pytestmark = pytest.mark.slow


def waiting(calls: list[str]) -> Dispatcher:
    """A router whose provider never answers."""

    async def call(incoming: Incoming[AdmittedRequest], journal: Journal) -> Event:
        attempt: Attempt = example(Attempt)
        await journal.write(attempt.model_copy(update={"attempt_id": uuid4(), "owner": journal.owner}))
        calls.append(incoming.event.request.request_id)
        await asyncio.Event().wait()
        raise AssertionError

    return Dispatcher(
        "router", AdmittedRequest, call, Attempt, ModelAnswer, 200, SEALER, f"router-{uuid4().hex[:6]}"
    )


async def test_kills_while_slow_calls_are_in_flight_accuse_no_record(broker: MemoryBroker) -> None:
    for number in range(10):
        await put(broker, admitted(f"r{number}"))

    for _ in range(4):
        calls: list[str] = []
        loop = waiting(calls)
        task = asyncio.create_task(loop.run(broker, Lease(10.0), asyncio.Event()))
        await until(lambda calls=calls: len(calls) == 10, task)
        await asyncio.sleep(0.5)
        await broker.evict(loop.client_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    (committed,) = (await broker.admin.group_offsets("router")).values()
    assert '"alone":null,"deaths":[]' in committed.metadata
    assert reasons(broker, "llm.requests.admitted.dlq") == []


class Down(Rows):
    """A store that does not answer until it is up."""

    is_up = False

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        if not self.is_up:
            msg = "the store does not answer"
            raise DependencyDownError(msg)
        await super().insert(table, rows, token)


async def test_restarts_while_the_store_is_down_accuse_no_record(broker: MemoryBroker) -> None:
    completion: Completion = example(Completion)
    for name in ("a", "b"):
        await put(
            broker,
            completion.model_copy(
                update={"request": completion.request.model_copy(update={"request_id": name})}
            ),
        )
    store = Down()

    def sink() -> Sink:
        rows = {Completion: lambda incoming: {"completions": [{"name": incoming.event.request.request_id}]}}
        return Sink("sink", rows, {}, store, SEALER, f"sink-{uuid4().hex[:6]}", 100)

    for _ in range(3):
        async with running(sink(), broker):
            await asyncio.sleep(1.5)
    store.is_up = True
    async with running(sink(), broker) as task:
        await until(lambda: sorted(map(str, store.names)) == ["a", "b"], task)

    assert reasons(broker, "llm.completions.dlq") == []


async def test_what_closes_the_request_of_poison_knows_its_event(broker: MemoryBroker) -> None:
    """The calls that an answer lists were paid for, whoever it ends."""
    await put(broker, example(ModelAnswer))
    closed: list[Event | None] = []

    def stage() -> Stage:
        async def check(incoming: Incoming[ModelAnswer]) -> Sequence[Event]:
            raise ProcessEnded

        def close(unhandled: DeadLetteredRecord) -> ScreenedAnswer | None:
            closed.append(unhandled.event)
            return None

        return Stage(
            "guard", {ModelAnswer: check}, SEALER, f"guard-{uuid4().hex[:6]}", closing={"llm.answers": close}
        )

    for _ in range(3):
        await ended(stage(), broker)
    async with running(stage(), broker) as task:
        await until(lambda: len(closed) == 1, task)

    assert reasons(broker, "llm.answers.dlq") == ["poison"]
    assert isinstance(closed[0], ModelAnswer)


async def test_a_backlog_is_not_suspect_beyond_what_the_former_process_can_have_taken(
    broker: MemoryBroker,
) -> None:
    topic_partition = TopicPartition("llm.answers", 0)
    for _ in range(400):
        await put(broker, example(ModelAnswer))
    offsets: list[str] = []
    handled: list[int] = []

    async def check(incoming: Incoming[ModelAnswer]) -> Sequence[Event]:
        handled.append(incoming.record.offset)
        offsets.append((await broker.admin.group_offsets("guard"))[topic_partition].metadata)
        return []

    async with broker.join(
        "guard", ["llm.answers"], assignor="range", client_id="dead", on_revoked=ignored, on_assigned=ignored
    ) as consumer:
        await consumer.commit(
            {
                topic_partition: CommittedOffset(
                    0, CommitMetadata(is_clean=False, writer="dead", started_until=30).to_metadata()
                )
            }
        )
    async with running(Stage("guard", {ModelAnswer: check}, SEALER, "guard-1"), broker) as task:
        await until(lambda: len(handled) == 400, task)

    alone = {envelope.alone for envelope in map(read_envelope, offsets) if envelope.alone is not None}
    assert max(alone) == 30 + COMMIT_EVERY_RECORDS + MAX_BATCH_RECORDS - 1


async def ignored(topic_partitions: frozenset[TopicPartition]) -> None:
    del topic_partitions
