"""One contract for both brokers: what the port promises, the in-memory broker keeps as Kafka does."""

import asyncio
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import FencedError, RecordTooLargeError, UnknownTopicError
from tests.streaming.brokers.membership import WAIT_S, Membership, made, poll, put

pytestmark = pytest.mark.integration


async def test_records_come_back_in_order_with_offsets_keys_headers_and_null_values(
    broker: Broker, topic: str
) -> None:
    topic_partition = TopicPartition(topic, 1)
    sent = [
        OutboundRecord(topic, b"k", b"v", (("h", b"1"), ("h2", b"")), 1),
        OutboundRecord(topic, None, b"no key", (), 1),
        OutboundRecord(topic, b"tombstone", None, (), 1),
    ]
    offsets = [await (await broker.producer.send(record)) for record in sent]
    read = await broker.reader.read(topic_partition, 0, 10 if isinstance(broker, MemoryBroker) else 3)
    assert offsets == [0, 1, 2]
    assert [(record.offset, record.key, record.value, record.headers) for record in read] == [
        (0, b"k", b"v", (("h", b"1"), ("h2", b""))),
        (1, None, b"no key", ()),
        (2, b"tombstone", None, ()),
    ]
    assert (await broker.reader.beginning(topic_partition), await broker.reader.end(topic_partition)) == (
        0,
        3,
    )


async def test_many_records_are_appended_together_in_order_and_batches_tell_their_offsets(
    broker: Broker,
) -> None:
    topic = await made(broker, 2, max_message_bytes="4000000")
    topic_partition = TopicPartition(topic, 1)
    sizes = [10] * 400 + [3_000_000, 10] + [100_000] * 5
    records = [
        OutboundRecord(topic, b"k", bytes([index % 251]) * size, (("h", b"1"),), 1)
        for index, size in enumerate(sizes)
    ]
    await put(broker, topic, b"before", partition=1)
    batches = await broker.producer.append(topic_partition, records)
    after = await broker.producer.append(topic_partition, records[:1])
    offsets = [offset for batch in batches for offset in await batch]
    assert offsets == list(range(1, len(records) + 1))
    assert [await batch for batch in after] == [range(len(records) + 1, len(records) + 2)]
    read = await broker.reader.read(topic_partition, 1, len(records) + 1)
    assert [(record.key, record.value, record.headers) for record in read] == [
        (record.key, record.value, record.headers) for record in records
    ]
    assert list(await broker.producer.append(topic_partition, [])) == []


async def test_a_too_large_record_fails_its_batch_and_not_the_one_before(broker: Broker) -> None:
    topic = await made(broker, 1, max_message_bytes="1000000")
    topic_partition = TopicPartition(topic, 0)
    first = await broker.producer.append(topic_partition, [OutboundRecord(topic, None, b"small", (), 0)])
    second = await broker.producer.append(
        topic_partition, [OutboundRecord(topic, None, b"x" * 2_000_000, (), 0)]
    )
    assert [await batch for batch in first] == [range(1)]
    with pytest.raises(RecordTooLargeError):
        await second[0]
    assert await broker.reader.end(topic_partition) == 1


async def test_a_keyed_record_goes_where_java_would_put_it(broker: Broker, topic: str) -> None:
    await (await broker.producer.send(OutboundRecord(topic, b"acme", b"v")))
    assert await broker.reader.end(TopicPartition(topic, key_partition(b"acme", 2))) == 1


async def test_a_range_is_read_without_what_lies_around_it_or_is_purged(broker: Broker, topic: str) -> None:
    topic_partition = TopicPartition(topic, 0)
    await put(broker, topic, *(str(number).encode() for number in range(10)))
    assert [record.offset for record in await broker.reader.read(topic_partition, 3, 6)] == [3, 4, 5]
    await broker.admin.delete_before({topic_partition: 5})
    assert await broker.reader.beginning(topic_partition) == 5
    assert [record.offset for record in await broker.reader.read(topic_partition, 3, 7)] == [5, 6]
    assert await broker.reader.read(topic_partition, 1, 4) == []


async def test_a_large_record_passes_and_a_too_large_one_is_refused(broker: Broker) -> None:
    topic = await made(broker, 1, max_message_bytes="4000000")
    await put(broker, topic, b"x" * 3_000_000)
    (record,) = await broker.reader.read(TopicPartition(topic, 0), 0, 1)
    assert len(record.value or b"") == 3_000_000
    with pytest.raises(RecordTooLargeError):
        await put(broker, topic, b"x" * 5_000_000)


async def test_an_unknown_topic_is_named_and_making_one_twice_changes_nothing(
    broker: Broker, topic: str
) -> None:
    await put(broker, topic, b"v")
    await broker.admin.create_topics({topic: (7, {})})
    assert await broker.reader.partitions(topic) == 2
    with pytest.raises(UnknownTopicError):
        await broker.reader.partitions(f"no-{uuid4().hex[:8]}")


async def test_a_commit_keeps_its_metadata_and_the_next_member_goes_on_from_it(
    broker: Broker, topic: str
) -> None:
    group, topic_partition = f"g-{uuid4().hex[:8]}", TopicPartition(topic, 0)
    await put(broker, topic, *(str(number).encode() for number in range(6)))
    first = Membership(broker, group, [topic], "first")
    async with first.joining as consumer:
        await first.until(lambda topic_partitions: topic_partition in topic_partitions)
        assert await consumer.committed(topic_partition) is None
        assert [record.offset for record in await poll(consumer, topic_partition, 4)] == [0, 1, 2, 3]
        assert consumer.position(topic_partition) == 4
        await consumer.commit({topic_partition: CommittedOffset(4, "v1:6")})
        assert await consumer.committed(topic_partition) == CommittedOffset(4, "v1:6")
        assert await consumer.members() == {"first"}
    assert (await broker.admin.group_offsets(group))[topic_partition] == CommittedOffset(4, "v1:6")
    second = Membership(broker, group, [topic], "second")
    async with second.joining as consumer:
        await second.until(lambda topic_partitions: topic_partition in topic_partitions)
        assert [record.offset for record in await poll(consumer, topic_partition, 2)] == [4, 5]
        consumer.seek(topic_partition, 1)
        assert [record.offset for record in await poll(consumer, topic_partition, 1)] == [1]


async def test_a_second_member_takes_its_share_and_both_are_told_on_every_change(broker: Broker) -> None:
    left, right = await made(broker, 4), await made(broker, 4)
    group = f"g-{uuid4().hex[:8]}"
    one, two = (
        Membership(broker, group, [left, right], "one"),
        Membership(broker, group, [left, right], "two"),
    )
    async with one.joining as first:
        await one.until(lambda topic_partitions: len(topic_partitions) == 8)
        async with two.joining as second:
            mine, theirs = (
                await one.until(lambda topic_partitions: len(topic_partitions) == 4),
                await two.until(lambda topic_partitions: len(topic_partitions) == 4),
            )
            assert mine | theirs == {
                TopicPartition(topic, number) for topic in (left, right) for number in range(4)
            }
            assert {topic_partition.partition for topic_partition in mine} & {
                topic_partition.partition for topic_partition in theirs
            } == set()
            assert await first.members() == {"one", "two"}
            given = next(iter(theirs))
            with pytest.raises(FencedError):
                await first.commit({given: CommittedOffset(1)})
            assert await first.poll([given], max_records=1, timeout_s=0.01) == []
            await second.commit({given: CommittedOffset(1)})
        assert await one.until(lambda topic_partitions: len(topic_partitions) == 8)
    assert len(one.assigned) >= 3
    assert len(one.revoked) >= 2


async def test_a_sticky_member_keeps_what_it_has(broker: Broker) -> None:
    topic, group = await made(broker, 4), f"g-{uuid4().hex[:8]}"
    one, two = (
        Membership(broker, group, [topic], "one", "sticky"),
        Membership(broker, group, [topic], "two", "sticky"),
    )
    async with one.joining:
        before = await one.until(lambda topic_partitions: len(topic_partitions) == 4)
        async with two.joining:
            kept = await one.until(lambda topic_partitions: len(topic_partitions) == 2)
            assert kept <= before


async def test_a_follower_reads_from_the_beginning_and_knows_when_it_has_caught_up(
    broker: Broker, topic: str
) -> None:
    await put(broker, topic, b"a", b"b")
    await put(broker, topic, b"c", partition=1)
    read: list[bytes | None] = []
    async with broker.follow([topic], start="beginning") as follower, asyncio.timeout(WAIT_S):
        while not await follower.has_caught_up():
            read += [record.value for record in await follower.poll(max_records=2, timeout_s=0.2)]
        assert sorted(value or b"" for value in read) == [b"a", b"b", b"c"]


async def test_a_follower_from_the_end_sees_only_what_comes_later(broker: Broker, topic: str) -> None:
    await put(broker, topic, b"before")
    async with broker.follow([topic], start="end") as follower, asyncio.timeout(WAIT_S):
        assert await follower.has_caught_up()
        await put(broker, topic, b"after")
        records: list[Record] = []
        while not records:
            records = await follower.poll(max_records=10, timeout_s=0.2)
        assert [record.value for record in records] == [b"after"]


async def test_an_offset_without_a_record_is_passed(
    broker: Broker, topic: str, request: pytest.FixtureRequest
) -> None:
    topic_partition, group = TopicPartition(topic, 0), f"g-{uuid4().hex[:8]}"
    await put(broker, topic, b"a")
    if isinstance(broker, MemoryBroker):
        broker.append_marker(topic, 0)
        broker.append_marker(topic, 0)
    else:
        await asyncio.to_thread(_abort_and_commit, request.getfixturevalue("kafka_bootstrap"), topic)
    end = await broker.reader.end(topic_partition)
    assert end >= 3
    assert b"aborted" not in [record.value for record in await broker.reader.read(topic_partition, 0, end)]
    member = Membership(broker, group, [topic], "one")
    async with member.joining as consumer:
        await member.until(lambda topic_partitions: topic_partition in topic_partitions)
        async with asyncio.timeout(WAIT_S):
            while (consumer.position(topic_partition) or 0) < end:
                await consumer.poll([topic_partition], max_records=10, timeout_s=0.2)


def _abort_and_commit(bootstrap: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": uuid4().hex})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"aborted", partition=0)
    producer.flush(30)
    producer.abort_transaction(30)


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
