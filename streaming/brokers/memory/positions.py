"""Positions of the in-memory broker's logs."""

from collections.abc import Mapping, Sequence

from streaming.brokers.memory.log import MemoryLogs, MemoryPartitionLog
from streaming.brokers.positions import LogOffsets, UnconsumedRecord
from streaming.brokers.records import TopicPartition

FOREIGN_PRODUCER = 1
FOREIGN_NAME = "foreign"


class MemoryPositions:
    """Implements the port; an open transaction belongs to one foreign producer."""

    def __init__(self, logs: MemoryLogs) -> None:
        """Take the logs."""
        self._logs = logs

    async def offsets(self, topics: Sequence[str]) -> Mapping[TopicPartition, LogOffsets]:
        """All partitions of the topics."""
        logs = {
            TopicPartition(topic, number): log
            for topic in topics
            for number, log in enumerate(self._logs.topic(topic))
        }
        return {tp: LogOffsets(log.start, log.stable, log.end) for tp, log in logs.items()}

    async def first_stable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record in [start, end) below the last stable offset."""
        log = self._logs.at(topic_partition)
        return _first(log, start, min(end, log.stable))

    async def first_unstable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record in [start, end), also if its transaction is still open."""
        return _first(self._logs.at(topic_partition), start, end)

    async def transactional_ids(self, producer_ids: Sequence[int]) -> Mapping[int, str]:
        """The transactional id of the one foreign producer."""
        self._logs.raise_if_down()
        return {number: FOREIGN_NAME for number in producer_ids if number == FOREIGN_PRODUCER}


def _first(log: MemoryPartitionLog, start: int, end: int) -> UnconsumedRecord | None:
    records = log.between(start, end, 1)
    return (
        UnconsumedRecord(
            records[0].offset,
            records[0].timestamp_ms,
            FOREIGN_PRODUCER if records[0].offset == log.open_at else None,
        )
        if records
        else None
    )
