"""What travels between a broker and a loop: records, positions, commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.bounds import EARLIEST, LAST

Headers = tuple[tuple[str, bytes], ...]

FRAME_BYTES = 1_024
HEADER_BYTES = 12
"""What a batch and its one record, and each header, take beside their content, with room to spare."""
FIRST_MS, LAST_MS = (int(moment.timestamp() * 1000) for moment in (EARLIEST, LAST))
"""What the times of events hold, in milliseconds: a producer may stamp its records with any 64-bit number."""


def moment_of(timestamp_ms: int) -> datetime:
    """A timestamp in UTC; one outside of these years becomes their first or last moment."""
    return EARLIEST + timedelta(milliseconds=min(max(timestamp_ms, FIRST_MS), LAST_MS))


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
    def topic_partition(self) -> TopicPartition:
        """The partition the record stands in."""
        return TopicPartition(self.topic, self.partition)

    @property
    def moment(self) -> datetime:
        """The record's timestamp in UTC."""
        return moment_of(self.timestamp_ms)

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

    @property
    def size_bytes(self) -> int:
        """What it takes in a batch of its own, from above."""
        headers = sum(len(name) + len(content) + HEADER_BYTES for name, content in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers + FRAME_BYTES


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """A group's mark in a partition: everything below `offset` is done; `metadata` is what the loop needs to go on from there."""

    offset: int
    metadata: str = ""
