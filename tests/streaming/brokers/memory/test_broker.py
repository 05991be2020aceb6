"""The broker in memory: faults on demand, foreign transactions, compaction, and members that are evicted."""

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, OutboundRecord, TopicPartition
from streaming.errors import BrokerDownError, FencedError
from tests.streaming.brokers.membership import Membership, made, put


async def test_faults_on_demand() -> None:
    broker = MemoryBroker()
    topic = await made(broker)
    broker.fail_sends(1)
    with pytest.raises(BrokerDownError):
        await put(broker, topic, b"lost")
    broker.go_down()
    with pytest.raises(BrokerDownError):
        await broker.reader.end(TopicPartition(topic, 0))
    broker.go_up()
    assert await broker.reader.end(TopicPartition(topic, 0)) == 0


async def test_a_lost_send_fails_its_batch_and_not_the_one_after() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    broker.fail_sends(1)

    lost, kept = await broker.producer.append(
        TopicPartition(topic, 0), [OutboundRecord(topic, None, b"lost"), OutboundRecord(topic, None, b"kept")]
    )

    with pytest.raises(BrokerDownError):
        await lost
    assert await kept == range(1)
    assert [record.value for record in broker.records(topic)] == [b"kept"]


async def test_records_without_a_key_take_turns() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 3)

    for _ in range(6):
        await broker.append(topic, b"v")

    assert [await broker.reader.end(TopicPartition(topic, number)) for number in range(3)] == [2, 2, 2]


async def test_an_aborted_record_is_gone_and_what_is_behind_it_is_read() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    await broker.open_transaction(topic, b"aborted", 0)
    await put(broker, topic, b"behind")
    topic_partition = TopicPartition(topic, 0)
    held = await broker.reader.read(topic_partition, 0, 10)

    broker.abort_transaction(topic, 0)

    read = await broker.reader.read(topic_partition, 0, 10)
    assert (held, [record.value for record in read]) == ([], [b"behind"])


async def test_compaction_keeps_the_newest_record_of_each_key_and_no_tombstone() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    for key, value in ((b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"b", None)):
        await broker.append(topic, value, key=key, partition=0)

    broker.compact(topic)

    assert [(record.offset, record.key, record.value) for record in broker.records(topic)] == [
        (2, b"a", b"2")
    ]


async def test_an_evicted_member_is_told_nothing_and_may_commit_nothing() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 2)
    first = Membership(broker, "guard", [topic], "first")
    second = Membership(broker, "guard", [topic], "second")

    async with first.joining as consumer, second.joining as other:
        revocations, owned = len(first.revoked), next(iter(consumer.assignment()))
        await broker.evict("first")

        assert (len(first.revoked), len(other.assignment())) == (revocations, 2)
        with pytest.raises(FencedError):
            await consumer.commit({owned: CommittedOffset(1)})
        await other.commit({owned: CommittedOffset(1)})
