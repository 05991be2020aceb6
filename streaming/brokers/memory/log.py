"""Logs in memory: partitions of records with offsets, and a signal for appends."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from streaming.brokers.kafka.decoding import undecodable_reason
from streaming.brokers.records import OutboundRecord, Record, TopicPartition
from streaming.errors import BrokerDownError, RecordTooLargeError, UnknownTopicError

DEFAULT_MAX_BYTES = 1_048_588


@dataclass(slots=True)
class MemoryPartitionLog:
    """One partition; a None entry is an offset without a data record, such as a transaction marker.

    `open_at` is the first record of a foreign producer's open transaction: loops read nothing from there on
    until it ends.
    """

    entries: list[Record | None] = field(default_factory=list[Record | None])
    start: int = 0
    open_at: int | None = None

    @property
    def end(self) -> int:
        """The next record's offset."""
        return len(self.entries)

    @property
    def stable(self) -> int:
        """The last stable offset."""
        return self.end if self.open_at is None else self.open_at

    def between(self, start: int, end: int, limit: int | None = None) -> list[Record]:
        """The data records of the range that are still there."""
        records = (entry for entry in self.entries[max(start, self.start) : end] if entry is not None)
        return (
            [entry for _, entry in zip(range(limit), records, strict=False)]
            if limit is not None
            else list(records)
        )

    def compact(self) -> None:
        """Keep the newest record of each key, unless it is a tombstone; offsets stay unchanged."""
        newest = {entry.key: entry.offset for entry in self.entries if entry is not None}
        self.entries = [
            entry
            if entry is not None and entry.value is not None and newest[entry.key] == entry.offset
            else None
            for entry in self.entries
        ]


class MemoryLogs:
    """All topics of a memory broker, and whether it is up."""

    def __init__(self) -> None:
        """Start without topics."""
        self._topics: dict[str, list[MemoryPartitionLog]] = {}
        self._config: dict[str, Mapping[str, str]] = {}
        self._appended = asyncio.Event()
        self.is_down = False

    def config(self, name: str) -> Mapping[str, str] | None:
        """A topic's settings; None where it does not exist."""
        self.raise_if_down()
        return self._config.get(name)

    def configure(self, name: str, settings: Mapping[str, str]) -> None:
        """Set some of a topic's settings."""
        self._config[name] = {**self._config[name], **settings}

    def create(self, name: str, partitions: int, config: Mapping[str, str]) -> None:
        """Create a topic unless it exists."""
        if name not in self._topics:
            self._topics[name] = [MemoryPartitionLog() for _ in range(partitions)]
            self._config[name] = config

    def topic(self, name: str) -> list[MemoryPartitionLog]:
        """The partitions of a topic."""
        self.raise_if_down()
        if name not in self._topics:
            msg = f"topic {name} does not exist in memory"
            raise UnknownTopicError(msg)
        return self._topics[name]

    def at(self, topic_partition: TopicPartition) -> MemoryPartitionLog:
        """One partition."""
        return self.topic(topic_partition.topic)[topic_partition.partition]

    def append(self, record: OutboundRecord, partition: int) -> int:
        """Append a record; returns its offset."""
        log = self.topic(record.topic)[partition]
        size = len(record.value or b"") + len(record.key or b"")
        if size > int(self._config[record.topic].get("max.message.bytes", DEFAULT_MAX_BYTES)):
            msg = f"a record of {size} bytes is larger than {record.topic} accepts"
            raise RecordTooLargeError(msg)
        headers = tuple((name, content or b"") for name, content in record.headers)
        reason = undecodable_reason(headers)
        stored = Record(
            record.topic,
            partition,
            log.end,
            time.time_ns() // 1_000_000,
            record.key,
            record.value,
            headers,
            reason,
        )
        log.entries.append(stored)
        self.notify()
        return stored.offset

    def append_marker(self, topic_partition: TopicPartition) -> None:
        """Append an offset without a data record."""
        self.at(topic_partition).entries.append(None)
        self.notify()

    def raise_if_down(self) -> None:
        """Raise BrokerDownError if a test took the broker down."""
        if self.is_down:
            msg = "the in-memory broker is down"
            raise BrokerDownError(msg)

    def notify(self) -> None:
        """Wake all tasks that wait for a change."""
        self._appended.set()
        self._appended = asyncio.Event()

    async def changed(self, timeout_s: float) -> None:
        """Wait for the next change, at most `timeout_s`."""
        event = self._appended
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return
