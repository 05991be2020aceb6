"""Reads dead letter topics from Kafka within bounds: so many of each topic's newest, a few megabytes at a time."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime

from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import StreamingError, UnknownTopicError
from weir.dead_letters.letters import LETTERED, DeadLetterRecord, RecordPosition, letter_of

FIRST_STEP, LONGEST_STEP = 8, 64
SMALL_BYTES = 4 * 1024 * 1024
"""A letter may take 8 MiB, so the step grows only while letters are small."""


class UnknownDeadLetterError(StreamingError):
    """No letter stands where one was looked for; the message says how far was looked."""


@dataclass(frozen=True, slots=True)
class DeadLetterSelection:
    """Which letters: those of these topics whose reason, time and place fit; what is empty or None fits all."""

    topics: tuple[str, ...] = tuple(LETTERED)
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    positions: frozenset[RecordPosition] = frozenset()

    def wants(self, letter: DeadLetterRecord) -> bool:
        """Whether a letter is selected, as far as its headers tell."""
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
    """What is read of one partition: [start, end), and how many older offsets are not."""

    place: TopicPartition
    start: int
    end: int
    unread: int


async def newest_ranges(broker: Broker, topics: Sequence[str], limit: int) -> list[OffsetRange]:
    """The newest `limit` offsets of each partition of the letters of these topics; a stack of before may lack the newest topics."""
    found: list[OffsetRange] = []
    for topic in topics:
        name = LETTERED[topic]
        try:
            partitions = await broker.reader.partitions(name)
        except UnknownTopicError:
            continue
        for number in range(partitions):
            place = TopicPartition(name, number)
            begin, end = await broker.reader.beginning(place), await broker.reader.end(place)
            start = max(begin, end - limit)
            found.append(OffsetRange(place, start, end, start - begin))
    return found


async def records_of(broker: Broker, span: OffsetRange) -> AsyncGenerator[list[Record]]:
    """Give a span's records in parts that fit the memory, oldest first."""
    low, step = span.start, FIRST_STEP
    while low < span.end:
        high = min(low + step, span.end)
        records = await broker.reader.read(span.place, low, high)
        yield records
        is_small = sum(len(record.value or b"") for record in records) < SMALL_BYTES
        low, step = high, min(2 * step, LONGEST_STEP) if is_small else FIRST_STEP


async def find_letters(broker: Broker, name: RecordPosition | str, limit: int) -> list[Record]:
    """The letters at a place (their own, or the original's), or with an id (theirs, or their request's); raises UnknownLetterError."""
    topics = tuple(LETTERED)
    if isinstance(name, RecordPosition):
        if name.topic not in LETTERED:
            return await _letter_at(broker, name)
        topics = (name.topic,)
    found: list[Record] = []
    unread = 0
    for span in await newest_ranges(broker, topics, limit):
        unread += span.unread
        async for records in records_of(broker, span):
            found += [record for record in records if _is_named(letter_of(record), name)]
    if not found:
        more = f"; {unread} older letters were not read: raise --limit" if unread else ""
        msg = f"no dead letter of {name}{more}"
        raise UnknownDeadLetterError(msg)
    return found


async def _letter_at(broker: Broker, at: RecordPosition) -> list[Record]:
    found = (
        await broker.reader.read(TopicPartition(at.topic, at.partition), at.offset, at.offset + 1)
        if await _holds(broker, at)
        else []
    )
    if not found:
        msg = f"nothing stands at {at}"
        raise UnknownDeadLetterError(msg)
    return found


async def _holds(broker: Broker, at: RecordPosition) -> bool:
    if at.partition >= await broker.reader.partitions(at.topic):
        return False
    return at.offset < await broker.reader.end(TopicPartition(at.topic, at.partition))


def _is_named(letter: DeadLetterRecord, name: RecordPosition | str) -> bool:
    return name in {letter.source, letter.event_id, letter.request}
