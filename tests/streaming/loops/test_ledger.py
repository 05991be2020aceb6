"""The ledger loop: the log of decisions is the state, and one writer owns it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import ScreenedRequest
from schemas.topics import MAX_RECORD_BYTES
from streaming.brokers.memory.broker import MemoryBroker, MemoryProducer
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import ForeignWriteError
from streaming.handling import Incoming, LedgerDecision
from streaming.loops.ledger import Ledger
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import SEALER, example, ids, killed, put, running, until


class Seen:
    """A ledger's state: the tenants' requests that were decided."""

    def __init__(self) -> None:
        self.decided: list[str] = []

    def fold(self, event: Event, event_id: UUID) -> None:
        request_id = event.request.request_id if isinstance(event, Completion) else ""
        if request_id not in self.decided:
            self.decided.append(request_id)

    def dump(self) -> list[str]:
        return self.decided

    def load(self, pieces: Sequence[str]) -> None:
        self.decided = list(pieces)


def ledger(states: list[Seen], **fields: Any) -> Ledger:
    def decide(state: Seen, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        request = incoming.event.request
        if request.request_id in state.decided:
            return None
        completion: Completion = example(Completion)
        return LedgerDecision(
            completion.model_copy(update={"request": request}), f"{request.request_id}/outcome"
        )

    def new_state() -> Seen:
        states.append(Seen())
        return states[-1]

    return Ledger(
        "meter",
        {ScreenedRequest: decide},
        lambda _state, _now: [],
        (Completion,),
        new_state,
        SEALER,
        f"meter-{uuid4().hex[:6]}",
        **fields,
    )


def screened(request_id: str) -> ScreenedRequest:
    event: ScreenedRequest = example(ScreenedRequest)
    return event.model_copy(update={"request": event.request.model_copy(update={"request_id": request_id})})


class SlowProducer:
    """Appends at once, and acknowledges when it is told to."""

    def __init__(self, producer: MemoryProducer) -> None:
        self.send = producer.send
        self._append = producer.append
        self._held: list[tuple[asyncio.Future[range], range]] = []

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        sent: list[asyncio.Future[range]] = [asyncio.get_running_loop().create_future() for _ in records]
        for future, appended in zip(sent, await self._append(topic_partition, records), strict=True):
            self._held.append((future, appended.result()))
        return sent

    def acknowledge(self) -> None:
        future, offsets = self._held.pop(0)
        future.set_result(offsets)


class LosingProducer:
    """Loses appends as a broker that does not answer."""

    def __init__(self, producer: MemoryProducer) -> None:
        self.send = producer.send
        self._producer = producer
        self.appends_to_lose = 0

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        if self.appends_to_lose:
            self.appends_to_lose -= 1
            self._producer.failures_left = len(records)
        return await self._producer.append(topic_partition, records)


class Behind(MemoryBroker):
    """The same broker behind another producer."""

    def __init__(self, broker: MemoryBroker, producer: Any) -> None:
        self.__dict__.update(broker.__dict__)
        self._other = producer

    @property
    def producer(self) -> Any:
        return self._other


async def test_a_ledger_reads_its_decisions_back_and_decides_nothing_twice(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    for number in range(5):
        await put(broker, screened(f"r{number}"))
    first = ledger(states)
    task = asyncio.create_task(first.run(broker, Lease(10.0), asyncio.Event()))
    await until(lambda: len(broker.records("llm.completions")) == 5, task)
    await killed(task)
    broker.delete_committed_offsets("meter")
    await put(broker, screened("r5"))
    async with running(ledger(states), broker) as again:
        await until(lambda: len(broker.records("llm.completions")) == 6, again)
    assert states[-1].decided == [f"r{number}" for number in range(6)]
    assert len(set(ids(broker, "llm.completions"))) == 6


async def test_a_ledger_stops_when_somebody_else_wrote_to_its_partition(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    async with running(ledger(states), broker) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.completions")) == 1, task)
        await put(broker, example(Completion))
        await put(broker, screened("r1"))
        with pytest.raises(ForeignWriteError, match="another writer"):
            await until(lambda: False, task)


async def test_a_ledger_starts_from_its_snapshot_and_folds_only_what_came_after(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    async with running(ledger(states, snapshot_every_s=0.05), broker) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.accounts")) >= 2, task)
    await broker.admin.delete_before({TopicPartition("llm.completions", 0): 1})
    await put(broker, screened("r1"))
    async with running(ledger(states), broker) as again:
        await until(lambda: len(broker.records("llm.completions")) == 1, again)
    assert states[-1].decided == ["r0", "r1"]


async def test_a_commit_waits_for_the_acknowledgement_of_all_outputs_of_the_records_before_it(
    broker: MemoryBroker,
) -> None:
    states: list[Seen] = []
    slow = SlowProducer(broker.producer)
    async with running(ledger(states), Behind(broker, slow)) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.completions")) == 1, task)
        await put(broker, screened("r1"))
        await until(lambda: len(broker.records("llm.completions")) == 2, task)
        await asyncio.sleep(1.5)
        assert {committed.offset for committed in (await broker.admin.group_offsets("meter")).values()} == {0}
        slow.acknowledge()
        await asyncio.sleep(1.5)
        topic_partition = TopicPartition("llm.requests.screened", 0)
        assert (await broker.admin.group_offsets("meter"))[topic_partition].offset == 1
        slow.acknowledge()


async def test_a_lost_write_rebuilds_the_worker_from_the_log(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    losing = LosingProducer(broker.producer)
    async with running(ledger(states), Behind(broker, losing)) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.completions")) == 1, task)
        losing.appends_to_lose = 1
        await put(broker, screened("r1"))
        await until(lambda: len(broker.records("llm.completions")) == 2, task)
    assert len(states) == 2
    assert states[0].decided == states[1].decided == ["r0", "r1"]
    assert len(set(ids(broker, "llm.completions"))) == 2


async def test_what_no_topic_would_take_is_a_dead_letter_and_is_not_folded(broker: MemoryBroker) -> None:
    states: list[Seen] = []

    def decide(state: Seen, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        completion: Completion = example(Completion)
        output = "x" * MAX_RECORD_BYTES if incoming.event.request.request_id == "huge" else "small"
        made = completion.model_copy(update={"request": incoming.event.request, "output": output})
        return LedgerDecision(made, f"{incoming.event.request.request_id}/outcome")

    made = ledger(states)
    async with running(replace(made, decide={ScreenedRequest: decide}), broker) as task:
        await put(broker, screened("huge"))
        await put(broker, screened("r1"))
        await until(lambda: len(broker.records("llm.completions")) == 1, task)
        (letter,) = broker.records("llm.requests.screened.dlq")
    assert letter.header("weir-reason") == b"too_large"
    assert states[-1].decided == ["r1"]
