"""Positions in memory: what a loop can read, and what an open transaction holds back."""

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.memory.positions import FOREIGN_NAME, FOREIGN_PRODUCER
from streaming.brokers.positions import LogOffsets
from streaming.brokers.records import TopicPartition
from tests.streaming.brokers.membership import made, put


async def test_an_open_transaction_holds_back_what_is_behind_it() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    topic_partition = TopicPartition(topic, 0)
    await put(broker, topic, b"0", b"1")
    await broker.admin.delete_before({topic_partition: 1})
    await broker.open_transaction(topic, b"held", 0)
    await put(broker, topic, b"behind")

    offsets = await broker.positions.offsets([topic])
    stable = await broker.positions.first_stable(topic_partition, 0, 9)
    held = await broker.positions.first_unstable(topic_partition, 2, 9)
    behind = await broker.positions.first_unstable(topic_partition, 3, 9)

    assert offsets == {topic_partition: LogOffsets(1, 2, 4)}
    assert (stable and stable.offset, held and held.offset, behind and behind.offset) == (1, 2, 3)
    assert (held and held.producer_id, behind and behind.producer_id) == (FOREIGN_PRODUCER, None)
    assert await broker.positions.first_stable(topic_partition, 2, 9) is None


async def test_only_the_foreign_producer_has_a_transactional_id() -> None:
    names = await MemoryBroker().positions.transactional_ids([FOREIGN_PRODUCER, 7])

    assert names == {FOREIGN_PRODUCER: FOREIGN_NAME}
