"""Purges: only committed records of purged topics are deleted, and an idle partition gets one tick."""

import pytest
from prometheus_client import REGISTRY

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import TICK_HEADER
from streaming.loops import purge
from streaming.loops.purge import TopicPurger

PURGED, KEPT = TopicPartition("llm.requests", 0), TopicPartition("llm.answers", 0)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "PURGE_EVERY_S", 0.0)
    monkeypatch.setattr(purge, "TICK_AFTER_S", 0.0)


async def filled(broker: MemoryBroker, *topic_partitions: TopicPartition) -> TopicPurger:
    for topic, partition in topic_partitions:
        for number in range(5):
            await broker.append(topic, str(number).encode(), partition=partition)
    return TopicPurger(broker, frozenset({PURGED.topic}))


async def beginning(broker: MemoryBroker, topic_partition: TopicPartition) -> int:
    return await broker.reader.beginning(topic_partition)


async def test_committed_records_of_a_purged_topic_are_deleted_and_no_others(broker: MemoryBroker) -> None:
    purger = await filled(broker, PURGED, KEPT)

    await purger.delete_below(PURGED, 3)
    await purger.delete_below(KEPT, 3)

    assert (await beginning(broker, PURGED), await beginning(broker, KEPT)) == (3, 0)


async def test_purges_follow_each_other_after_a_pause(broker: MemoryBroker) -> None:
    purger = await filled(broker, PURGED)

    await purger.delete_below(PURGED, 3)
    await purger.delete_below(PURGED, 5)

    assert await beginning(broker, PURGED) == 3


@pytest.mark.usefixtures("no_waiting")
async def test_a_commit_that_went_back_deletes_nothing_and_the_metric_stays(broker: MemoryBroker) -> None:
    purger = await filled(broker, PURGED)

    await purger.delete_below(PURGED, 5)
    await purger.delete_below(PURGED, 2)

    labels = {"topic": PURGED.topic, "partition": str(PURGED.partition)}
    assert await beginning(broker, PURGED) == 5
    assert REGISTRY.get_sample_value("weir_purged_offset", labels) == 5


@pytest.mark.usefixtures("no_waiting")
async def test_an_idle_partition_is_purged_and_then_gets_one_tick(broker: MemoryBroker) -> None:
    purger = await filled(broker, PURGED)

    for _ in range(3):
        await purger.roll_idle(PURGED, 5)
    (tick,) = broker.records(PURGED.topic)
    for _ in range(3):
        await purger.roll_idle(PURGED, 6)

    assert (tick.offset, tick.value, tick.header(TICK_HEADER)) == (5, None, b"1")
    assert broker.records(PURGED.topic) == [tick]
    assert await broker.reader.end(PURGED) == 6


@pytest.mark.usefixtures("no_waiting")
async def test_a_tick_that_an_open_transaction_hides_is_not_followed_by_others(broker: MemoryBroker) -> None:
    purger = await filled(broker, PURGED)
    await purger.delete_below(PURGED, 5)
    await broker.open_transaction(PURGED.topic, b"held", PURGED.partition)

    for _ in range(9):
        await purger.roll_idle(PURGED, 5)

    assert (await broker.positions.offsets([PURGED.topic]))[PURGED].end == 7


@pytest.mark.usefixtures("no_waiting")
async def test_an_empty_partition_and_one_of_another_topic_get_no_tick(broker: MemoryBroker) -> None:
    purger = await filled(broker, KEPT)

    for _ in range(3):
        await purger.roll_idle(PURGED, 0)
        await purger.roll_idle(KEPT, 5)

    assert (await broker.reader.end(PURGED), await broker.reader.end(KEPT)) == (0, 5)
