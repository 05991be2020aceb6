"""Lag: up to the end of the log and by the wall clock, also behind an open transaction."""

import asyncio
from uuid import uuid4

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.partitions.commit_envelope import CommitMetadata
from streaming.partitions.lag import LagReader, lag_of, partitions_with_open_transactions
from tests.streaming.brokers.foreign_transaction import ForeignTransaction
from tests.streaming.brokers.membership import Membership, made, put


@pytest.mark.integration
async def test_lag_grows_by_wall_time_behind_an_open_transaction(
    broker: Broker, topic: str, foreign: ForeignTransaction
) -> None:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    lags = LagReader(broker)
    await foreign.begin()
    await put(broker, topic, *(b"behind" for _ in range(10)))
    await asyncio.sleep(1.1)

    (lag, other) = await lags.of(group, [topic])
    (held,) = await lags.open_transactions([topic])

    assert (
        lag.topic_partition,
        lag.records,
        lag.first_unfinished,
        lag.unstable,
        lag.is_blocked_by_transaction,
    ) == (topic_partition, 11, 0, 11, True)
    assert (other.records, other.seconds, other.unstable, other.is_blocked_by_transaction) == (
        0,
        0.0,
        0,
        False,
    )
    assert 1.0 < lag.seconds < 30
    assert (held.topic_partition, held.stable, held.offsets) == (topic_partition, 0, 11)
    assert 1.0 < held.seconds < 30
    await foreign.abort()
    async with asyncio.timeout(20):  # the broker answers before its markers are in the log
        while await lags.open_transactions([topic]):
            await asyncio.sleep(0.05)
    assert next((lag.records, lag.first_unfinished) for lag in await lags.of(group, [topic])) == (11, 1)


@pytest.mark.integration
async def test_a_committed_offset_beyond_the_end_is_of_a_recreated_topic(broker: Broker, topic: str) -> None:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    await put(broker, topic, b"0", b"1")
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        await consumer.commit({topic_partition: CommittedOffset(1_000)})
    (lag, _) = await LagReader(broker).of(group, [topic])
    assert (lag.committed, lag.records, lag.first_unfinished, lag.lost) == (0, 2, 0, 0)


@pytest.mark.integration
async def test_what_was_deleted_before_it_was_read_is_counted_as_lost(broker: Broker, topic: str) -> None:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    await put(broker, topic, *(b"v" for _ in range(5)))
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        await consumer.commit({topic_partition: CommittedOffset(1)})
    await broker.admin.delete_before({topic_partition: 4})
    (lag, _) = await LagReader(broker).of(group, [topic])
    assert (lag.committed, lag.records, lag.lost) == (4, 1, 3)


async def committed(broker: Broker, topic: str, offset: CommittedOffset) -> str:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        await consumer.commit({topic_partition: offset})
    return group


async def test_a_group_that_never_committed_lags_by_the_whole_log() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 2)
    await put(broker, topic, b"0", b"1", partition=1)

    first, second = await lag_of(broker, "new", [topic])

    assert (first.records, first.first_unfinished, first.waiting_since) == (0, None, None)
    assert (second.records, second.first_unfinished, second.committed) == (2, 0, 0)
    assert second.waiting_since is not None
    assert await partitions_with_open_transactions(broker, [topic]) == []


async def test_a_marker_at_the_end_of_the_log_is_no_lag() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    await put(broker, topic, b"0")
    broker.append_marker(topic, 0)
    group = await committed(broker, topic, CommittedOffset(1))

    (lag,) = await lag_of(broker, group, [topic])

    assert (lag.committed, lag.end, lag.records, lag.seconds) == (1, 2, 0, 0.0)


async def test_a_record_that_is_at_work_delays_the_commit_and_is_no_queue() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    await put(broker, topic, *(b"v" for _ in range(5)))
    at_work = CommitMetadata(is_clean=False, writer="a", started_until=4).to_metadata()
    group = await committed(broker, topic, CommittedOffset(1, at_work))

    (unfinished,) = await LagReader(broker).of(group, [topic])
    (unstarted,) = await LagReader(broker).unstarted_lag(group, [topic])

    assert (unfinished.records, unfinished.first_unfinished) == (4, 1)
    assert (unstarted.group, unstarted.records, unstarted.first_unfinished) == (group, 1, 4)
