"""The output partitions of a ledger worker, as their only writer: each append must get the next offset."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import MAX_RECORD_BYTES
from streaming.brokers.port import LogReader
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import ForeignWriteError
from streaming.events.event_processing import RecordRejectedError, event_in
from streaming.events.publishing import Publisher
from streaming.partitions.workers import WorkerAssignment

READ_BATCH_OFFSETS = 1_000


@dataclass(slots=True)
class _AppendedBatch:
    """Records that were appended together; `at` is the time of their last acknowledgement."""

    sends: list[tuple[str, "asyncio.Future[range]"]]
    on_acknowledged: Callable[[float], None]
    at: float

    def is_acknowledged(self) -> bool:
        return all(sent.done() for _, sent in self.sends)

    def note_acknowledged(self, sent: "asyncio.Future[range]") -> None:
        del sent
        self.at = time.time()


class SingleWriterLog:
    """Appends batches and checks their offsets in order, also while earlier batches are unacknowledged."""

    def __init__(self, publisher: Publisher, assignment: WorkerAssignment, reader: LogReader) -> None:
        """Write to the worker's partition number; `reader` reads records at unexpected offsets."""
        self._publisher = publisher
        self._assignment = assignment
        self._reader = reader
        self._next: dict[str, int] = {}
        self._waiting: deque[_AppendedBatch] = deque()

    @property
    def unacknowledged_from(self) -> Mapping[str, int]:
        """The first offset of each topic that is not acknowledged to this writer."""
        return self._next

    @property
    def is_waiting(self) -> bool:
        """Whether acknowledgements are missing."""
        return bool(self._waiting)

    def begin(self, topic: str, offset: int) -> None:
        """Set where a topic's partition ends before the first append."""
        self._next[topic] = offset

    async def append(
        self, records: Sequence[OutboundRecord], on_acknowledged: Callable[[float], None]
    ) -> None:
        """Append records; `on_acknowledged` gets the time when they and all before are acknowledged."""
        self._assignment.lease.check()
        topics: dict[str, list[OutboundRecord]] = {}
        for record in records:
            topics.setdefault(record.topic, []).append(record)
        batch = _AppendedBatch([], on_acknowledged, time.time())
        self._waiting.append(batch)
        for topic, topic_records in topics.items():
            for sent in await self._publisher.append(
                TopicPartition(topic, self._assignment.partition), topic_records
            ):
                sent.add_done_callback(batch.note_acknowledged)
                batch.sends.append((topic, sent))

    async def acknowledge(self, waiting: int) -> None:
        """Process acknowledgements until at most `waiting` batches lack them.

        Raises ForeignWriteError if another writer's decision is at one of the offsets.
        """
        while self._waiting and (len(self._waiting) > waiting or self._waiting[0].is_acknowledged()):
            batch = self._waiting[0]
            if batch.sends:
                await asyncio.wait([sent for _, sent in batch.sends])
            for topic, sent in batch.sends:
                await self._check(topic, sent.result())
            self._waiting.popleft()
            batch.on_acknowledged(batch.at)

    async def drain(self) -> None:
        """Wait until every append has ended; otherwise a late one looks like another writer later."""
        sends = [sent for batch in self._waiting for _, sent in batch.sends]
        await asyncio.gather(*sends, return_exceptions=True)

    async def _check(self, topic: str, offsets: range) -> None:
        expected = self._next[topic]
        if offsets.start != expected and await self._holds_events(topic, expected, offsets.start):
            msg = (
                f"{topic}/{self._assignment.partition}: wrote at offset {offsets.start}, "
                f"expected {expected}: another writer, rebuild from the log"
            )
            raise ForeignWriteError(msg)
        self._next[topic] = offsets.stop

    async def _holds_events(self, topic: str, start: int, end: int) -> bool:
        """Whether another writer's decisions are in this range.

        Transaction markers and records that are not events of the topic do not change the state.
        """
        if end <= start:
            return True
        topic_partition = TopicPartition(topic, self._assignment.partition)
        for low in range(start, end, READ_BATCH_OFFSETS):
            records = await self._reader.read(topic_partition, low, min(low + READ_BATCH_OFFSETS, end))
            if any(event_in(record) is not None for record in records):
                return True
        return False


def check_size(record: OutboundRecord) -> None:
    """Raise RecordRejectedError if the record is larger than any topic accepts."""
    size = record.size_bytes
    if size > MAX_RECORD_BYTES:
        msg = f"what follows from this record takes {size} bytes, {record.topic} accepts {MAX_RECORD_BYTES}"
        raise RecordRejectedError("too_large", msg)
