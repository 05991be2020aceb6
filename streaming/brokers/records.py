"""The types of records and offsets that brokers and loops exchange."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.bounds import EARLIEST, LAST

Headers = tuple[tuple[str, bytes], ...]

FRAME_BYTES = 1_024
HEADER_BYTES = 12
"""Upper bounds of the size of a batch with one record, and of a header, beside their content."""
FIRST_MS, LAST_MS = (int(moment.timestamp() * 1000) for moment in (EARLIEST, LAST))
"""What the times of events hold, in milliseconds: a producer may stamp its records with any 64-bit number."""


def moment_of(timestamp_ms: int) -> datetime:
    """A timestamp in UTC; one outside of the allowed years becomes their first or last moment."""
    return EARLIEST + timedelta(milliseconds=min(max(timestamp_ms, FIRST_MS), LAST_MS))


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a log; `timestamp_ms` is its append time with LogAppendTime, else its create time.

    `undecodable` is why the client could not decode it: `value` may then be its raw bytes, and it can only
    become a dead letter.
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
        """The partition that holds the record."""
        return TopicPartition(self.topic, self.partition)

    @property
    def moment(self) -> datetime:
        """The record's timestamp in UTC."""
        return moment_of(self.timestamp_ms)

    def header(self, name: str) -> bytes | None:
        """The last header of that name, or None."""
        for known, value in reversed(self.headers):
            if known == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class OutboundRecord:
    """A record to append; with `partition` None it is chosen by the key with murmur2."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None

    @property
    def size_bytes(self) -> int:
        """An upper bound of its size in a batch of its own."""
        headers = sum(len(name) + len(content) + HEADER_BYTES for name, content in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers + FRAME_BYTES


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """Everything below `offset` is finished; `metadata` is what the loop needs to continue from there."""

    offset: int
    metadata: str = ""
