"""Lag as people feel it: how long the first record that a group has not finished has been waiting."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from streaming.broker import Broker, LogReader
from streaming.records import Commit, Record, TopicPartition

LOOK_AHEAD = 200


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One group's lag in one partition; `records` counts offsets, so markers of foreign transactions count too."""

    group: str
    place: TopicPartition
    committed: int
    end: int
    records: int
    seconds: float
    stuck_at: int | None
    waiting_since: datetime | None


async def lag_of(broker: Broker, group: str, topics: Sequence[str]) -> list[PartitionLag]:
    """The lag of a group on its topics, also where it never committed."""
    marks = await broker.admin.group_offsets(group)
    counts = await asyncio.gather(*(broker.reader.partitions(topic) for topic in topics))
    places = [TopicPartition(topic, number) for topic, count in zip(topics, counts, strict=True) for number in range(count)]
    return list(await asyncio.gather(*(_lag(broker.reader, group, place, marks) for place in places)))


async def _lag(reader: LogReader, group: str, place: TopicPartition, marks: Mapping[TopicPartition, Commit]) -> PartitionLag:
    end, beginning = await asyncio.gather(reader.end(place), reader.beginning(place))
    mark = marks.get(place)
    committed = max(mark.offset if mark else 0, beginning)
    first = await _first_record(reader, place, committed, end)
    if first is None:
        return PartitionLag(group, place, committed, end, 0, 0.0, None, None)
    seconds = max(0.0, (datetime.now(UTC) - first.moment).total_seconds())
    return PartitionLag(group, place, committed, end, end - first.offset, seconds, first.offset, first.moment)


async def _first_record(reader: LogReader, place: TopicPartition, start: int, end: int) -> Record | None:
    """The first data record from `start` on: offsets alone are no work, since markers have no record."""
    for low in range(start, end, LOOK_AHEAD):
        high = low + 1 if low == start else min(low + LOOK_AHEAD, end)
        records = await reader.read(place, low, high) or await reader.read(place, low, min(low + LOOK_AHEAD, end))
        if records:
            return records[0]
    return None
