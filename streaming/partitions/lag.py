"""Lag as people feel it: how long the first record that a group has not finished has been waiting, whatever keeps it waiting."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from streaming.brokers.port import Broker
from streaming.brokers.positions import LogOffsets, LogPositions, UnconsumedRecord
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.partitions.commit_envelope import read_envelope
from streaming.partitions.waits import LogEndHistory


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One group's lag in one partition up to its end (the high watermark), so that what an open transaction holds up counts.

    `records` counts offsets, so markers of foreign transactions count too; `unstable` of them cannot be read before a transaction ends.
    `lost` offsets were deleted before the group had finished them.
    """

    group: str
    topic_partition: TopicPartition
    committed: int
    end: int
    records: int
    seconds: float
    first_unfinished: int | None
    waiting_since: datetime | None
    unstable: int
    lost: int

    @property
    def is_blocked_by_transaction(self) -> bool:
        """Whether the first unfinished record stands behind the last stable offset, where the group cannot read it."""
        return self.first_unfinished is not None and self.first_unfinished >= self.end - self.unstable


@dataclass(frozen=True, slots=True)
class OpenTransactionPartition:
    """A partition in which a producer's transaction is open: from `stable` on nothing can be read until it ends."""

    topic_partition: TopicPartition
    stable: int
    end: int
    seconds: float
    since: datetime
    producer_id: int | None

    @property
    def offsets(self) -> int:
        """How many offsets are held."""
        return self.end - self.stable


class LagReader:
    """Looks at lag again and again; from the second look on the looker's own clock bounds what timestamps say."""

    def __init__(self, broker: Broker, waits: LogEndHistory | None = None) -> None:
        """Ask this broker; without `waits` a fresh memory is begun."""
        self._broker = broker
        self._waits = waits or LogEndHistory()

    async def of(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """The lag of a group on its topics, also where it never committed."""
        return await self._looked(group, topics, await self._broker.admin.group_offsets(group))

    async def unstarted_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """As `of`, but for the first record that the group does not work on yet: a slow one that holds up the commit alone is no queue."""
        marks = await self._broker.admin.group_offsets(group)
        begun = {
            place: replace(mark, offset=max(mark.offset, read_envelope(mark.metadata).started_until or 0))
            for place, mark in marks.items()
        }
        return [replace(lag, group=group) for lag in await self._looked(f"queued for {group}", topics, begun)]

    async def _looked(
        self, group: str, topics: Sequence[str], marks: Mapping[TopicPartition, CommittedOffset]
    ) -> list[PartitionLag]:
        # After the marks: what is appended and finished between both questions would else look finished before it was there.
        spans = await self._broker.positions.offsets(topics)
        looks = (
            _lag(self._broker.positions, group, place, marks.get(place), span)
            for place, span in spans.items()
        )
        return [self._timed(lag) for lag in await asyncio.gather(*looks)]

    async def open_transactions(self, topics: Sequence[str]) -> list[OpenTransactionPartition]:
        """The partitions of the topics that an open transaction holds."""
        spans = await self._broker.positions.offsets(topics)
        # Where nothing is held now it is noted too: a transaction of later cannot be older than this look.
        found = [
            (place, span, await _holder(self._broker.positions, place, span)) for place, span in spans.items()
        ]
        timed = [(place, span, first, self._held_for_s(place, span, first)) for place, span, first in found]
        now = datetime.now(UTC)
        return [
            OpenTransactionPartition(
                place, span.stable, span.end, seconds, now - timedelta(seconds=seconds), first.producer_id
            )
            for place, span, first, seconds in timed
            if first is not None
        ]

    def _held_for_s(self, place: TopicPartition, span: LogOffsets, first: UnconsumedRecord | None) -> float:
        said_s = _age_s(first.moment) if first else 0.0
        return self._waits.seconds(("held", place), first.offset if first else None, span.end, said_s)

    def _timed(self, lag: PartitionLag) -> PartitionLag:
        seconds = self._waits.seconds(
            (lag.group, lag.topic_partition), lag.first_unfinished, lag.end, lag.seconds
        )
        since = datetime.now(UTC) - timedelta(seconds=seconds) if lag.first_unfinished is not None else None
        return replace(lag, seconds=seconds, waiting_since=since)


async def lag_of(broker: Broker, group: str, topics: Sequence[str]) -> list[PartitionLag]:
    """One look at a group's lag, by the timestamps of the log alone."""
    return await LagReader(broker).of(group, topics)


async def held_partitions(broker: Broker, topics: Sequence[str]) -> list[OpenTransactionPartition]:
    """One look at what open transactions hold."""
    return await LagReader(broker).open_transactions(topics)


async def _lag(
    positions: LogPositions, group: str, place: TopicPartition, mark: CommittedOffset | None, span: LogOffsets
) -> PartitionLag:
    # A mark beyond the end is one of a topic that was made anew: the group will read it from its beginning.
    committed = max(mark.offset, span.beginning) if mark and mark.offset <= span.end else span.beginning
    lost = span.beginning - mark.offset if mark and mark.offset < span.beginning else 0
    first = await _first_waiting(positions, place, committed, span)
    none = PartitionLag(group, place, committed, span.end, 0, 0.0, None, None, span.unstable, lost)
    if first is None:
        return none
    return replace(
        none,
        records=span.end - first.offset,
        seconds=_age_s(first.moment),
        first_unfinished=first.offset,
        waiting_since=first.moment,
    )


async def _first_waiting(
    positions: LogPositions, place: TopicPartition, start: int, span: LogOffsets
) -> UnconsumedRecord | None:
    """The first data record from `start` on: offsets alone are no work, since markers have no record."""
    found = await positions.first_stable(place, start, span.stable)
    return found or await positions.first_unstable(place, max(start, span.stable), span.end)


async def _holder(
    positions: LogPositions, place: TopicPartition, span: LogOffsets
) -> UnconsumedRecord | None:
    return await positions.first_unstable(place, span.stable, span.end)


def _age_s(moment: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())
