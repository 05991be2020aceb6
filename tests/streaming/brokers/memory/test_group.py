"""Groups in memory: every partition has one owner, whoever comes and goes, as Kafka's assignors give it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.memory.group import MemoryGroupCoordinator, MemoryGroupMember
from streaming.brokers.memory.log import MemoryLogs
from streaming.brokers.port import Assignor
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import FencedError
from tests.streaming.brokers.membership import Membership, made, put

TOPICS = ("a", "b")


async def ignored(topic_partitions: frozenset[TopicPartition]) -> None:
    del topic_partitions


async def rebalanced(
    assignor: Assignor, partitions: int, changes: Sequence[int]
) -> list[list[MemoryGroupMember]]:
    """Let members come, or go where they are there already; returns copies of the members after each."""
    logs = MemoryLogs()
    for topic in TOPICS:
        logs.create(topic, partitions, {})
    group, present, states = (
        MemoryGroupCoordinator(logs),
        dict[int, MemoryGroupMember](),
        list[list[MemoryGroupMember]](),
    )
    for number in changes:
        if number in present:
            await group.remove(present.pop(number))
        else:
            present[number] = MemoryGroupMember(str(number), TOPICS, assignor, ignored, ignored)
            await group.add(present[number])
        states.append(
            [
                MemoryGroupMember(member.client_id, TOPICS, assignor, ignored, ignored, member.owned)
                for member in group.members
            ]
        )
    return states


@given(
    assignor=st.sampled_from(["range", "sticky"]),
    partitions=st.integers(1, 9),
    changes=st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_every_partition_has_one_owner_after_every_change(
    assignor: Assignor, partitions: int, changes: list[int]
) -> None:
    everything = sorted(TopicPartition(topic, number) for topic in TOPICS for number in range(partitions))

    for members in asyncio.run(rebalanced(assignor, partitions, changes)):
        owned = sorted(topic_partition for member in members for topic_partition in member.owned)
        assert owned == (everything if members else [])


@given(partitions=st.integers(1, 12), members=st.integers(1, 6))
def test_a_range_gives_equal_shares_and_one_number_of_all_topics_to_one_member(
    partitions: int, members: int
) -> None:
    last = asyncio.run(rebalanced("range", partitions, range(members)))[-1]

    shares = [len(member.owned) for member in last]
    assert max(shares) - min(shares) <= len(TOPICS)
    for member in last:
        numbers = {topic_partition.partition for topic_partition in member.owned}
        assert member.owned == {TopicPartition(topic, number) for topic in TOPICS for number in numbers}


@given(partitions=st.integers(1, 12), members=st.integers(1, 5))
def test_a_sticky_member_only_gives_away_when_another_joins(partitions: int, members: int) -> None:
    before, after = asyncio.run(rebalanced("sticky", partitions, range(members + 1)))[-2:]

    for former, now in zip(before, after[:-1], strict=True):
        assert now.owned <= former.owned
    shares = [len(member.owned) for member in after]
    assert max(shares) - min(shares) <= 1


async def test_a_commit_is_of_a_member_for_what_it_owns() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    topic_partition = TopicPartition(topic, 0)
    async with Membership(broker, "guard", [topic], "one").joining as consumer:
        await consumer.commit({topic_partition: CommittedOffset(1, "v1")})
        with pytest.raises(FencedError):
            await consumer.commit({TopicPartition(topic, 1): CommittedOffset(1)})
        with pytest.raises(FencedError):
            consumer.seek(TopicPartition(topic, 1), 0)

    with pytest.raises(FencedError):
        await consumer.commit({topic_partition: CommittedOffset(2)})
    assert await consumer.committed(topic_partition) == CommittedOffset(1, "v1")


async def test_a_rebalance_continues_from_the_commit_and_a_member_has_a_new_id() -> None:
    broker = MemoryBroker()
    topic = await made(broker, 1)
    topic_partition = TopicPartition(topic, 0)
    await put(broker, topic, *(str(number).encode() for number in range(4)))
    async with AsyncExitStack() as stack:
        consumer = await stack.enter_async_context(Membership(broker, "guard", [topic], "a").joining)
        read = await consumer.poll([topic_partition], max_records=3, timeout_s=0.01)
        member_id = consumer.member_id
        await consumer.commit({topic_partition: CommittedOffset(1)})
        await stack.enter_async_context(Membership(broker, "guard", [topic], "b").joining)

        again = await consumer.poll([topic_partition], max_records=3, timeout_s=0.01)

        assert [record.offset for record in read] == [0, 1, 2]
        assert [record.offset for record in again] == [1, 2, 3]
        assert consumer.member_id != member_id
