"""Positions in logs, read without decoding a record, also beyond an open transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streaming.brokers.records import TopicPartition, moment_of


@dataclass(frozen=True, slots=True)
class LogOffsets:
    """A partition's first offset, its last stable offset, and its end (the high watermark).

    Loops cannot read from `stable` on: a producer's transaction is open there, and everything behind it waits
    for its end.
    """

    beginning: int
    stable: int
    end: int

    @property
    def unstable(self) -> int:
        """How many offsets are at or beyond the last stable one."""
        return self.end - self.stable


@dataclass(frozen=True, slots=True)
class UnconsumedRecord:
    """A data record by its position; `producer_id` is set if it belongs to a transaction."""

    offset: int
    timestamp_ms: int
    producer_id: int | None = None

    @property
    def moment(self) -> datetime:
        """The record's timestamp in UTC."""
        return moment_of(self.timestamp_ms)


class LogPositions(Protocol):
    """Reads positions of logs; each call ends within fifteen seconds."""

    async def offsets(self, topics: Sequence[str]) -> Mapping[TopicPartition, LogOffsets]:
        """All partitions of the topics; raises UnknownTopicError, or BrokerDownError without a leader."""
        ...

    async def first_stable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record with start <= offset < end that a loop can read: no marker, not aborted."""
        ...

    async def first_unstable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record with start <= offset < end, open transactions included."""
        ...

    async def transactional_ids(self, producer_ids: Sequence[int]) -> Mapping[int, str]:
        """Transactional ids by producer id, as far as the cluster returns them."""
        ...
