"""Reads dead letter topics: the newest letters of each partition, a few megabytes at a time."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime

from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import StreamingError, UnknownTopicError
from weir.dead_letters.letters import LETTERED, DeadLetterRecord, RecordPosition, letter_of

MIN_STEP_RECORDS, MAX_STEP_RECORDS = 8, 64
SMALL_BYTES = 4 * 1024 * 1024
"""A letter can have 8 MiB, so the number of records per read grows only while they are small."""


class UnknownDeadLetterError(StreamingError):
    """No letter has the position or id; the message gives the number of older letters that were not read."""


@dataclass(frozen=True, slots=True)
class DeadLetterSelection:
    """Selects letters by topic, reason, time of failure and position; an empty or None field selects all."""

    topics: tuple[str, ...] = tuple(LETTERED)
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    positions: frozenset[RecordPosition] = frozenset()

    def includes(self, letter: DeadLetterRecord) -> bool:
        """Whether a letter is selected, by its headers."""
        is_named = not self.positions or letter.at in self.positions or letter.source in self.positions
        is_late_enough = self.since is None or letter.failed_at >= self.since
        return (
            is_named
            and is_late_enough
            and (self.until is None or letter.failed_at < self.until)
            and self.reason in {None, letter.reason}
        )


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The offsets [start, end) of a partition, and how many older offsets are not read."""

    partition: TopicPartition
    start: int
    end: int
    unread: int


async def newest_ranges(broker: Broker, topics: Sequence[str], limit: int) -> list[OffsetRange]:
    """The newest `limit` offsets of each dead letter partition of the topics; a missing topic is skipped."""
    ranges: list[OffsetRange] = []
    for topic in topics:
        name = LETTERED[topic]
        try:
            partitions = await broker.reader.partitions(name)
        except UnknownTopicError:
            continue
        for number in range(partitions):
            partition = TopicPartition(name, number)
            begin, end = await broker.reader.beginning(partition), await broker.reader.end(partition)
            start = max(begin, end - limit)
            ranges.append(OffsetRange(partition, start, end, start - begin))
    return ranges


async def records_of(broker: Broker, offset_range: OffsetRange) -> AsyncGenerator[list[Record]]:
    """Yield the records of a range in parts that fit into memory, oldest first."""
    low, step = offset_range.start, MIN_STEP_RECORDS
    while low < offset_range.end:
        high = min(low + step, offset_range.end)
        records = await broker.reader.read(offset_range.partition, low, high)
        yield records
        is_small = sum(len(record.value or b"") for record in records) < SMALL_BYTES
        low, step = high, min(2 * step, MAX_STEP_RECORDS) if is_small else MIN_STEP_RECORDS


async def find_letters(broker: Broker, name: RecordPosition | str, limit: int) -> list[Record]:
    """The letters at a position or with an id, of the letter itself or of its original or request.

    Raises UnknownDeadLetterError.
    """
    topics = tuple(LETTERED)
    if isinstance(name, RecordPosition):
        if name.topic not in LETTERED:
            return await _letter_at(broker, name)
        topics = (name.topic,)
    letters: list[Record] = []
    unread = 0
    for offset_range in await newest_ranges(broker, topics, limit):
        unread += offset_range.unread
        async for records in records_of(broker, offset_range):
            letters += [record for record in records if _is_named(letter_of(record), name)]
    if not letters:
        more = f"; {unread} older letters were not read: raise --limit" if unread else ""
        msg = f"no dead letter of {name}{more}"
        raise UnknownDeadLetterError(msg)
    return letters


async def _letter_at(broker: Broker, at: RecordPosition) -> list[Record]:
    records = (
        await broker.reader.read(TopicPartition(at.topic, at.partition), at.offset, at.offset + 1)
        if await _is_in_log(broker, at)
        else []
    )
    if not records:
        msg = f"nothing stands at {at}"
        raise UnknownDeadLetterError(msg)
    return records


async def _is_in_log(broker: Broker, at: RecordPosition) -> bool:
    if at.partition >= await broker.reader.partitions(at.topic):
        return False
    return at.offset < await broker.reader.end(TopicPartition(at.topic, at.partition))


def _is_named(letter: DeadLetterRecord, name: RecordPosition | str) -> bool:
    return name in {letter.source, letter.event_id, letter.request}
