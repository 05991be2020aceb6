"""Offsets of the requests' topic: its ends, and what the guard has not read and is no request."""

import pytest

from schemas.topics import REQUESTS, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.events.publishing import TICK_HEADER
from weir.verify.offsets import RequestTopicOffsets, read_ends, read_offsets

TICK = ((TICK_HEADER, b"1"),)


@pytest.fixture
async def broker() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(2))
    return broker


async def commit(broker: MemoryBroker, offset: int) -> None:
    """Commit an offset of the first partition as the guard."""

    async def ignore(partitions: frozenset[TopicPartition]) -> None:
        del partitions

    async with broker.join(
        "guard",
        [REQUESTS.name],
        assignor="range",
        client_id="guard",
        on_revoked=ignore,
        on_assigned=ignore,
    ) as member:
        await member.commit({TopicPartition(REQUESTS.name, 0): CommittedOffset(offset)})


async def test_ticks_and_markers_are_no_requests_and_a_record_without_a_value_is_one(
    broker: MemoryBroker,
) -> None:
    await broker.append(REQUESTS.name, b"{}", partition=0)
    await broker.append(REQUESTS.name, None, TICK, partition=0)
    broker.append_marker(REQUESTS.name, 0)
    await broker.append(REQUESTS.name, None, partition=0)
    await broker.append(REQUESTS.name, b"{}", TICK, partition=0)

    assert await read_offsets(broker) == RequestTopicOffsets((5, 0), (0, 0), ((1, 2), ()))


async def test_offsets_that_the_guard_has_finished_are_left_to_its_own_report(broker: MemoryBroker) -> None:
    for _ in range(4):
        await broker.append(REQUESTS.name, None, TICK, partition=0)
    await commit(broker, 3)

    assert await read_offsets(broker) == RequestTopicOffsets((4, 0), (3, 0), ((3,), ()))


async def test_what_retention_took_is_not_read(broker: MemoryBroker) -> None:
    for _ in range(4):
        await broker.append(REQUESTS.name, None, TICK, partition=0)
    await broker.admin.delete_before({TopicPartition(REQUESTS.name, 0): 2})

    offsets = await read_offsets(broker)

    assert (offsets.read_from, offsets.without_request) == ((2, 0), ((2, 3), ()))


async def test_a_topic_that_was_made_anew_is_read_from_its_end_at_the_latest(broker: MemoryBroker) -> None:
    await broker.append(REQUESTS.name, b"{}", partition=0)
    await commit(broker, 99)

    assert await read_offsets(broker) == RequestTopicOffsets((1, 0), (1, 0), ((), ()))


async def test_a_log_longer_than_one_read_is_read_to_its_end(broker: MemoryBroker) -> None:
    for number in range(4_500):
        await broker.append(REQUESTS.name, None if number % 1_500 == 0 else b"{}", TICK, partition=0)

    offsets = await read_offsets(broker)

    assert offsets.without_request[0] == (0, 1_500, 3_000)
    assert await read_ends(broker) == (4_500, 0)
