"""Offsets of a topic that hold no request, recorded as OffsetsSkipped events under derived ids."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid5

from schemas.stream import OffsetsSkipped
from streaming.brokers.records import Record, TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE

SkipReason = Literal["tick", "no_record", "lost"]


@dataclass(frozen=True, slots=True)
class SkippedOffsets:
    """The offsets first..last of a partition, both included."""

    topic_partition: TopicPartition
    first: int
    last: int
    reason: SkipReason


class SkipPublisher:
    """Publishes the skipped offsets of counted topics, so that every offset of them is accounted for."""

    def __init__(self, publisher: Publisher, counted_topics: AbstractSet[str]) -> None:
        """Skipped offsets of other topics are not published."""
        self._publisher = publisher
        self._counted_topics = counted_topics

    async def publish(self, skip: SkippedOffsets) -> None:
        """Publish the event of a skip and wait until it is acknowledged."""
        topic, partition = skip.topic_partition
        if topic not in self._counted_topics:
            return
        event = OffsetsSkipped(
            topic=topic,
            partition=partition,
            first=skip.first,
            last=skip.last,
            reason=skip.reason,
            seen_at=datetime.now(UTC),
        )
        await acknowledged([await self._publisher.send(event, skip_id(skip), None)])

    async def publish_gaps(
        self, topic_partition: TopicPartition, expected: int, records: Sequence[Record]
    ) -> None:
        """Publish the offsets from `expected` on that are missing before and between these records."""
        for record in records:
            if record.offset > expected:
                await self.publish(SkippedOffsets(topic_partition, expected, record.offset - 1, "no_record"))
            expected = record.offset + 1


def skip_id(skip: SkippedOffsets) -> UUID:
    """The event id of a skip: the same range has the same id after every crash; readers merge overlaps."""
    topic, partition = skip.topic_partition
    return uuid5(NAMESPACE, f"skip/{topic}/{partition}/{skip.first}-{skip.last}")
