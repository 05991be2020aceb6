"""An owned log: appends of another writer are noticed, and acknowledgements are processed in order."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from schemas.outcomes import Completion
from schemas.topics import MAX_RECORD_BYTES
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import BrokerDownError, ForeignWriteError, LeaseLostError
from streaming.events.event_processing import RecordRejectedError
from streaming.events.publishing import Publisher
from streaming.loops.owned_log import SingleWriterLog, check_size
from streaming.partitions.lease import Lease
from streaming.partitions.workers import WorkerAssignment
from tests.streaming.loops.bench import SEALER, example, put

OUTCOMES, LATER = "llm.completions", "llm.adjustments"
NOBODY: Any = None


class HeldProducer:
    """Acknowledges appends in the order and at the time that the test wants."""

    def __init__(self) -> None:
        self.held: list[asyncio.Future[range]] = []

    async def send(self, record: OutboundRecord) -> "asyncio.Future[int]":
        raise NotImplementedError

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        self.held.append(asyncio.get_running_loop().create_future())
        return [self.held[-1]]


def owned(broker: MemoryBroker, producer: Any = None, lease: Lease | None = None) -> SingleWriterLog:
    publisher = Publisher(producer or broker.producer, group="meter", sealer=SEALER)
    assignment = WorkerAssignment(NOBODY, (TopicPartition("in", 0),), lease or Lease(60))
    log = SingleWriterLog(publisher, assignment, broker.reader)
    log.begin(OUTCOMES, 0)
    log.begin(LATER, 0)
    return log


def record(topic: str = OUTCOMES, value: bytes = b"{}") -> OutboundRecord:
    return OutboundRecord(topic, b"acme", value)


def ignored(at: float) -> None:
    del at


async def test_the_only_writer_knows_the_next_offset_of_each_topic(broker: MemoryBroker) -> None:
    log, times = owned(broker), list[float]()

    await log.append([record(), record(LATER), record()], times.append)
    await log.append([record()], times.append)
    await log.acknowledge(0)

    assert log.unacknowledged_from == {OUTCOMES: 3, LATER: 1}
    assert (len(times), log.is_waiting) == (2, False)
    assert times == sorted(times)


async def test_a_decision_of_another_writer_is_noticed(broker: MemoryBroker) -> None:
    log = owned(broker)
    await put(broker, example(Completion))

    await log.append([record()], ignored)

    with pytest.raises(ForeignWriteError, match=rf"{OUTCOMES}/0: wrote at offset 1, expected 0"):
        await log.acknowledge(0)


async def test_markers_and_records_that_are_no_events_are_passed(broker: MemoryBroker) -> None:
    log = owned(broker)
    broker.append_marker(OUTCOMES, 0)
    await broker.append(OUTCOMES, b"odd", partition=0)

    await log.append([record()], ignored)
    await log.acknowledge(0)

    assert log.unacknowledged_from[OUTCOMES] == 3


async def test_an_offset_that_was_written_before_is_of_another_log(broker: MemoryBroker) -> None:
    log = owned(broker)
    log.begin(OUTCOMES, 5)

    await log.append([record()], ignored)

    with pytest.raises(ForeignWriteError, match="expected 5"):
        await log.acknowledge(0)


async def test_a_batch_is_acknowledged_only_after_those_before_it(broker: MemoryBroker) -> None:
    producer, acknowledged = HeldProducer(), list[str]()
    log = owned(broker, producer)
    await log.append([record()], lambda _: acknowledged.append("first"))
    await log.append([record()], lambda _: acknowledged.append("second"))
    producer.held[1].set_result(range(1, 2))

    await log.acknowledge(2)
    before = list(acknowledged)
    producer.held[0].set_result(range(1))
    await log.acknowledge(1)

    assert (before, acknowledged) == ([], ["first", "second"])


async def test_a_lost_append_is_an_error_and_drain_waits_for_the_others(broker: MemoryBroker) -> None:
    producer = HeldProducer()
    log = owned(broker, producer)
    await log.append([record()], ignored)
    await log.append([record()], ignored)
    producer.held[0].set_exception(BrokerDownError("lost"))

    with pytest.raises(BrokerDownError):
        await log.acknowledge(0)
    draining = asyncio.create_task(log.drain())
    await asyncio.sleep(0.01)
    was_drained = draining.done()
    producer.held[1].set_result(range(1))
    await asyncio.wait_for(draining, 1)

    assert not was_drained
    assert log.unacknowledged_from[OUTCOMES] == 0


async def test_a_process_that_lost_its_lease_appends_nothing(broker: MemoryBroker) -> None:
    now = [0.0]
    lease = Lease(10, clock=lambda: now[0])
    log = owned(broker, lease=lease)
    now[0] = 11.0

    with pytest.raises(LeaseLostError):
        await log.append([record()], ignored)

    assert broker.records(OUTCOMES) == []


@pytest.mark.parametrize(("size", "is_taken"), [(MAX_RECORD_BYTES // 2, True), (MAX_RECORD_BYTES, False)])
def test_a_decision_that_no_topic_takes_is_rejected_before_it_is_folded(size: int, *, is_taken: bool) -> None:
    large = OutboundRecord(OUTCOMES, uuid4().bytes, b"x" * size)

    if is_taken:
        check_size(large)
    else:
        with pytest.raises(RecordRejectedError, match=f"{OUTCOMES} accepts {MAX_RECORD_BYTES}"):
            check_size(large)
