"""What travels between a broker and a loop: records, positions, commits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from schemas.bounds import LAST

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read from a log; `timestamp_ms` is its create time, or its append time on topics with LogAppendTime."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def place(self) -> TopicPartition:
        """The partition the record stands in."""
        return TopicPartition(self.topic, self.partition)

    @property
    def moment(self) -> datetime:
        """The record's timestamp in UTC; one that lies outside of the calendar of events is its first or its last moment."""
        return datetime.fromtimestamp(min(max(self.timestamp_ms, 0) / 1000, LAST.timestamp()), UTC)

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
