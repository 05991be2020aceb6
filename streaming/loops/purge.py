"""Deletes committed records of raw topics, and rolls idle partitions so that the bytes leave the disk.

Kafka deletes whole segments only, and keeps the active one until the next append. So an idle purged partition
gets a tick record.
"""

import time
from collections.abc import Set as AbstractSet

from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import TICK_HEADER
from streaming.metrics import PURGED

PURGE_EVERY_S = 2.0
TICK_AFTER_S = 6.0
"""Longer than the topic's segment.ms, so that a tick starts a new segment and the old one can go."""


class TopicPurger:
    """Ensures that handled records leave the disk within the time stated in docs/privacy.md."""

    def __init__(self, broker: Broker, topics: AbstractSet[str]) -> None:
        """Purge these topics."""
        self._broker = broker
        self._topics = topics
        self._purged: dict[TopicPartition, tuple[int, float]] = {}
        self._ticked: dict[TopicPartition, int] = {}

    async def delete_below(self, topic_partition: TopicPartition, committed: int) -> None:
        """Delete everything below the committed offset, at most every two seconds."""
        offset, at = self._purged.get(topic_partition, (0, 0.0))
        if (
            topic_partition.topic not in self._topics
            or committed <= offset
            or time.monotonic() - at < PURGE_EVERY_S
        ):
            return
        await self._broker.admin.delete_before({topic_partition: committed})
        self._purged[topic_partition] = (committed, time.monotonic())
        PURGED.labels(topic_partition.topic, str(topic_partition.partition)).set(committed)

    async def roll_idle(self, topic_partition: TopicPartition, expected: int) -> None:
        """Purge the rest of an idle partition, then append one tick record to it, also before it is read."""
        if (
            topic_partition.topic not in self._topics
            or expected == 0
            # An open transaction can hide the tick for minutes: another one would be one more each poll.
            or self._ticked.get(topic_partition, 0) >= expected
        ):
            return
        offset, at = self._purged.get(topic_partition, (0, 0.0))
        quiet_s = time.monotonic() - at
        if offset < expected:
            await self.delete_below(topic_partition, expected)
        elif quiet_s >= TICK_AFTER_S:
            sent = await self._broker.producer.send(
                OutboundRecord(
                    topic_partition.topic, b"tick", None, ((TICK_HEADER, b"1"),), topic_partition.partition
                )
            )
            self._ticked[topic_partition] = await sent + 1
