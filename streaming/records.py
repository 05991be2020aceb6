"""What travels between a broker and a loop: records, positions, commits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

EARLIEST_MS, LATEST_MS = 0, 7_258_118_400_000
"""1970-01-01 and 2200-01-01: a producer may stamp its records with any 64-bit number, which no calendar has."""

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read from a log; `timestamp_ms` is its create time, or its append time on topics with LogAppendTime.

    `undecodable` says why the client could not decode it: then `value` may be its raw bytes, and it is nothing but a dead letter.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    undecodable: str | None = None

    @property
    def place(self) -> TopicPartition:
        """The partition the record stands in."""
        return TopicPartition(self.topic, self.partition)

    @property
    def moment(self) -> datetime:
        """The record's timestamp in UTC, as far as the calendar reaches."""
        return datetime.fromtimestamp(min(max(self.timestamp_ms, EARLIEST_MS), LATEST_MS) / 1000, UTC)

    def header(self, name: str) -> bytes | None:
        """The last header of that name; None where it has none."""
        for known, value in reversed(self.headers):
            if known == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class OutboundRecord:
    """A record to append; `partition` None lets the broker choose by key with murmur2."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A group's mark in a partition: everything below `offset` is done; `metadata` is what the loop needs to go on from there."""

    offset: int
    metadata: str = ""
