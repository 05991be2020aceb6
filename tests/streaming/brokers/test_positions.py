"""Positions and open transactions: both brokers tell them alike, also of what no loop can read."""

from uuid import uuid4

import pytest

from streaming.brokers.port import Broker
from streaming.brokers.positions import LogOffsets
from streaming.brokers.records import TopicPartition
from streaming.errors import UnknownTopicError
from tests.streaming.brokers.foreign_transaction import ForeignTransaction
from tests.streaming.brokers.membership import Membership, poll, put

pytestmark = pytest.mark.integration


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
