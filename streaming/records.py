"""What travels between a broker and a loop: records, positions, commits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MS = -62_135_596_800_000
LAST_MS = 253_402_300_799_999


def moment_of(timestamp_ms: int) -> datetime:
    """A timestamp in UTC; one outside of the calendar, which a producer may write, becomes its first or last moment."""
    return EPOCH + timedelta(milliseconds=min(max(timestamp_ms, FIRST_MS), LAST_MS))


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


@dataclass(frozen=True, slots=True)
class Commit:
    """A group's mark in a partition: everything below `offset` is done; `metadata` is what the loop needs to go on from there."""

    offset: int
    metadata: str = ""
