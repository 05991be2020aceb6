"""The group consumer port on Kafka."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata

from streaming.brokers.kafka.decoding import UNDECODABLE, undecodable_reason
from streaming.brokers.kafka.errors import translating
from streaming.brokers.port import OnChange
from streaming.brokers.records import CommittedOffset, Record, TopicPartition

CALL_TIMEOUT_S = 15.0


class RebalanceListener(ConsumerRebalanceListener):
    """Forwards rebalances: revoked before the member rejoins, assigned after each new assignment."""

    def __init__(self, on_revoked: OnChange, on_assigned: OnChange) -> None:
        """Take the coroutine functions to await."""
        self._on_revoked = on_revoked
        self._on_assigned = on_assigned

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - aiokafka awaits it
        """Call the listener with the partitions that the member had."""
        await self._on_revoked(frozenset(TopicPartition(*tp) for tp in revoked))

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        """Call the listener with all partitions that the member has now."""
        await self._on_assigned(frozenset(TopicPartition(*tp) for tp in assigned))


class KafkaGroupConsumer:
    """Explicit commits with metadata; several tasks may poll at once."""

    def __init__(
        self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, group: str, bootstrap: str
    ) -> None:
        """Take a subscribed consumer."""
        self._consumer = consumer
        self._admin = admin
        self._group = group
        self._bootstrap = bootstrap

    @property
    def member_id(self) -> str:
        """The id that the group's coordinator assigned."""
        coordinator: Any = self._consumer._coordinator  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - aiokafka has no public way
        return str(coordinator.member_id)

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that this member owns now."""
        return frozenset(TopicPartition(*tp) for tp in self._consumer.assignment())

    async def poll(
        self, topic_partitions: Sequence[TopicPartition], *, max_records: int, timeout_s: float
    ) -> list[Record]:
        """The next records, without those of partitions that are no longer assigned."""
        owned = self._consumer.assignment()
        wanted = [KafkaPartition(*tp) for tp in topic_partitions if tp in owned]
        if not wanted:
            await asyncio.sleep(timeout_s)
            return []
        with translating(self._bootstrap):
            batches = await self._consumer.getmany(
                *wanted, timeout_ms=max(1, int(timeout_s * 1000)), max_records=max_records
            )
        return [record_of(message) for batch in batches.values() for message in batch]

    def seek(self, topic_partition: TopicPartition, offset: int) -> None:
        """Continue at `offset`."""
        with translating(self._bootstrap):
            self._consumer.seek(KafkaPartition(*topic_partition), offset)

    def position(self, topic_partition: TopicPartition) -> int | None:
        """The offset of the next fetch, which also moves over offsets without a record."""
        assignment: Any = self._consumer._subscription.subscription  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - position() may wait
        partition = KafkaPartition(*topic_partition)
        if assignment is None or assignment.assignment is None or partition not in assignment.assignment.tps:
            return None
        state: Any = assignment.assignment.state_value(partition)
        return int(state.position) if state is not None and state.has_valid_position else None

    async def committed(self, topic_partition: TopicPartition) -> CommittedOffset | None:
        """The group's committed offset with its metadata, which the consumer's own call drops."""
        partition = KafkaPartition(*topic_partition)
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                offsets = await self._admin.list_consumer_group_offsets(self._group, partitions=[partition])
        committed = offsets.get(partition)
        return (
            CommittedOffset(committed.offset, committed.metadata or "")
            if committed is not None and committed.offset >= 0
            else None
        )

    async def commit(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Commit under the member's generation, so that a former owner is refused."""
        kafka_offsets = {
            KafkaPartition(*tp): OffsetAndMetadata(committed.offset, committed.metadata)
            for tp, committed in offsets.items()
        }
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._consumer.commit(kafka_offsets)

    async def members(self) -> frozenset[str]:
        """The client ids of the members."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                response: Any
                (response,) = await self._admin.describe_consumer_groups([self._group])
        return frozenset(str(member[1]) for group in response.groups for member in group[5])


def record_of(message: "ConsumerRecord[bytes, bytes]") -> Record:
    """Convert a record of aiokafka to a Record."""
    headers = tuple((name, value or b"") for name, value in message.headers)
    reason = undecodable_reason(headers)
    headers = tuple(header for header in headers if header[0] != UNDECODABLE)
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        headers,
        reason,
    )
