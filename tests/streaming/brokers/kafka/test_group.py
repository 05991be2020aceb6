"""A group's member on Kafka: it reads what it owns, commits with metadata, and passes rebalances on."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition as KafkaPartition
from aiokafka import errors as kafka
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata

from streaming.brokers.kafka.decoding import UNDECODABLE
from streaming.brokers.kafka.group import KafkaGroupConsumer, RebalanceListener, record_of
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import BrokerDownError, FencedError

OWNED, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)


def message(*headers: Any) -> Any:
    return ConsumerRecord("t", 0, 7, 1_000, 0, b"key", b"value", None, 0, 0, headers)


class Member:
    """Owns one partition that holds one record; its commits may fail."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.commits: list[Mapping[KafkaPartition, OffsetAndMetadata]] = []
        self.asked: list[Sequence[KafkaPartition]] = []

    def assignment(self) -> set[KafkaPartition]:
        return {KafkaPartition(*OWNED)}

    async def getmany(
        self, *partitions: KafkaPartition, timeout_ms: int, max_records: int
    ) -> Mapping[KafkaPartition, Sequence[Any]]:
        self.asked.append(partitions)
        return {partition: [message()] for partition in partitions}

    async def commit(self, offsets: Mapping[KafkaPartition, OffsetAndMetadata]) -> None:
        if self.failure is not None:
            raise self.failure
        self.commits.append(offsets)


class Offsets:
    """Committed offsets as the admin client returns them."""

    def __init__(self, offset: int, metadata: str | None) -> None:
        self._committed = OffsetAndMetadata(offset, metadata)  # pyright: ignore[reportArgumentType] - Kafka may leave it out

    async def list_consumer_group_offsets(
        self, group: str, partitions: Sequence[KafkaPartition]
    ) -> Mapping[KafkaPartition, OffsetAndMetadata]:
        return dict.fromkeys(partitions, self._committed)


def consumer(member: Any, admin: Any = None) -> KafkaGroupConsumer:
    return KafkaGroupConsumer(member, admin, "guard", "127.0.0.1:9092")


async def test_only_partitions_that_are_owned_are_polled() -> None:
    member = Member()

    records = await consumer(member).poll([OWNED, OTHER], max_records=10, timeout_s=0.01)
    nothing = await consumer(member).poll([OTHER], max_records=10, timeout_s=0.01)

    assert [(record.topic_partition, record.offset) for record in records] == [(OWNED, 7)]
    assert nothing == []
    assert member.asked == [(KafkaPartition(*OWNED),)]


@pytest.mark.parametrize(
    ("offset", "metadata", "committed"),
    [(7, "v1", CommittedOffset(7, "v1")), (7, None, CommittedOffset(7, "")), (-1, "", None)],
)
async def test_a_partition_without_a_commit_has_none(
    offset: int, metadata: str | None, committed: CommittedOffset | None
) -> None:
    assert await consumer(Member(), Offsets(offset, metadata)).committed(OWNED) == committed


async def test_a_commit_carries_its_metadata() -> None:
    member = Member()

    await consumer(member).commit({OWNED: CommittedOffset(8, "v1")})

    assert member.commits == [{KafkaPartition(*OWNED): OffsetAndMetadata(8, "v1")}]


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (kafka.CommitFailedError(), FencedError),
        (kafka.IllegalGenerationError(), FencedError),
        (kafka.RequestTimedOutError(), BrokerDownError),
        (TimeoutError(), BrokerDownError),
    ],
)
async def test_a_former_owner_is_told_apart_from_a_broker_that_is_down(
    failure: Exception, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        await consumer(Member(failure)).commit({OWNED: CommittedOffset(8)})


async def test_rebalances_are_passed_on_with_our_partitions() -> None:
    calls: list[tuple[str, frozenset[TopicPartition]]] = []

    async def revoked(topic_partitions: frozenset[TopicPartition]) -> None:
        calls.append(("revoked", topic_partitions))

    async def assigned(topic_partitions: frozenset[TopicPartition]) -> None:
        calls.append(("assigned", topic_partitions))

    listener = RebalanceListener(revoked, assigned)
    await listener.on_partitions_revoked([KafkaPartition(*OWNED)])
    await listener.on_partitions_assigned([KafkaPartition(*OTHER)])

    assert calls == [("revoked", frozenset({OWNED})), ("assigned", frozenset({OTHER}))]


def test_a_header_without_a_value_is_empty_and_our_own_mark_is_no_header() -> None:
    record = record_of(message(("a", None), ("b", b"1"), (UNDECODABLE, b"")))

    assert record.headers == (("a", b""), ("b", b"1"))
    assert (record.offset, record.key, record.value, record.timestamp_ms) == (7, b"key", b"value", 1_000)
