"""Positions, lag and open transactions: what both brokers say alike, also of what no loop can read."""

import asyncio
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.brokers.positions import LogOffsets
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import UnknownTopicError
from streaming.partitions.lag import LagReader
from tests.streaming.brokers.membership import Membership, made, poll, put

pytestmark = pytest.mark.integration


class ForeignTransaction:
    """An open transaction of a producer that is not ours, with one record in it."""

    def __init__(self, broker: Broker, bootstrap: str, topic: str) -> None:
        self._broker = broker
        self._topic = topic
        self._producer = None
        self.name = "foreign"
        if not isinstance(broker, MemoryBroker):
            self.name = f"foreign-{uuid4().hex[:6]}"
            self._producer = Producer(
                {"bootstrap.servers": bootstrap, "transactional.id": self.name, "log_level": 0}
            )

    async def begin(self) -> None:
        if isinstance(self._broker, MemoryBroker):
            await self._broker.open_transaction(self._topic, b"held", 0)
        else:
            await asyncio.to_thread(self._begin)

    def _begin(self) -> None:
        assert self._producer is not None
        self._producer.init_transactions(30)
        self._producer.begin_transaction()
        self._producer.produce(self._topic, b"held", partition=0)
        assert self._producer.flush(30) == 0

    async def abort(self) -> None:
        if isinstance(self._broker, MemoryBroker):
            self._broker.abort_transaction(self._topic, 0)
        else:
            assert self._producer is not None
            await asyncio.to_thread(self._producer.abort_transaction, 30)


@pytest.fixture
async def foreign(broker: Broker, topic: str, request: pytest.FixtureRequest) -> ForeignTransaction:
    bootstrap = "" if isinstance(broker, MemoryBroker) else request.getfixturevalue("kafka_bootstrap")
    return ForeignTransaction(broker, bootstrap, topic)


async def test_an_open_transaction_shows_in_the_span_and_nothing_behind_it_is_read(
    broker: Broker, topic: str, foreign: ForeignTransaction
) -> None:
    topic_partition, group = TopicPartition(topic, 0), f"g-{uuid4().hex[:8]}"
    await put(broker, topic, b"before")
    await foreign.begin()
    await put(broker, topic, *(b"behind" for _ in range(10)))

    span, other = (
        (await broker.positions.offsets([topic]))[topic_partition],
        (await broker.positions.offsets([topic]))[TopicPartition(topic, 1)],
    )
    assert (span, span.unstable, other.unstable) == (LogOffsets(0, 1, 12), 11, 0)
    assert await broker.reader.end(topic_partition) == 1
    assert await broker.positions.first_stable(topic_partition, 1, span.stable) is None
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        assert [record.value for record in await poll(consumer, topic_partition, 1)] == [b"before"]
        assert await consumer.poll([topic_partition], max_records=10, timeout_s=0.3) == []
        async with broker.follow([topic], start="end") as follower:
            assert await follower.poll(max_records=10, timeout_s=0.3) == []
            holder = await broker.positions.first_unstable(topic_partition, span.stable, span.end)
            assert holder is not None
            assert holder.offset == 1
            assert holder.producer_id is not None
            assert await broker.positions.transactional_ids([holder.producer_id]) == {
                holder.producer_id: foreign.name
            }

            await foreign.abort()

            assert {record.value for record in await poll(consumer, topic_partition, 10)} == {b"behind"}
            first = await broker.positions.first_stable(topic_partition, 1, 13)
            assert first is not None
            assert (first.offset, first.producer_id) == (2, None), "what was aborted is no work"
    assert (await broker.positions.offsets([topic]))[topic_partition] == LogOffsets(0, 13, 13)


async def test_the_first_record_is_found_over_markers_and_purged_offsets(
    broker: Broker, topic: str, foreign: ForeignTransaction
) -> None:
    topic_partition = TopicPartition(topic, 0)
    await put(broker, topic, b"0", b"1")
    await foreign.begin()
    await foreign.abort()
    end = (await broker.positions.offsets([topic]))[topic_partition].end
    assert await broker.positions.first_stable(topic_partition, 2, end) is None
    (offset,) = await put(broker, topic, b"4")
    first = await broker.positions.first_stable(topic_partition, 2, end + 1)
    assert first is not None
    assert first.offset == offset
    await broker.admin.delete_before({topic_partition: 1})
    (again,) = [await broker.positions.first_stable(topic_partition, 0, end)]
    assert again is not None
    assert (again.offset, (await broker.positions.offsets([topic]))[topic_partition].beginning) == (1, 1)


async def test_positions_of_an_unknown_topic_are_an_error_that_says_so(broker: Broker) -> None:
    with pytest.raises(UnknownTopicError):
        await broker.positions.offsets([f"no-{uuid4().hex[:8]}"])


async def test_settings_of_topics_that_exist_are_set_where_they_differ_and_no_others(broker: Broker) -> None:
    topic = await made(broker, 1, message_timestamp_type="CreateTime", retention_ms="1000000000")
    wanted = {
        topic: {"message.timestamp.type": "LogAppendTime"},
        f"no-{uuid4().hex[:8]}": {"message.timestamp.type": "LogAppendTime"},
    }

    assert await broker.admin.align_topics(wanted) == [f"{topic} message.timestamp.type"]
    assert await broker.admin.align_topics(wanted) == []
    assert await broker.admin.align_topics({topic: {"retention.ms": "1000000000"}}) == [], (
        "what was not named is as it was"
    )


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


async def test_a_committed_offset_beyond_the_end_is_of_a_recreated_topic(broker: Broker, topic: str) -> None:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    await put(broker, topic, b"0", b"1")
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        await consumer.commit({topic_partition: CommittedOffset(1_000)})
    (lag, _) = await LagReader(broker).of(group, [topic])
    assert (lag.committed, lag.records, lag.first_unfinished, lag.lost) == (0, 2, 0, 0)


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
