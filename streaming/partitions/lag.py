"""Lag of consumer groups: records and seconds since the first unfinished one, open transactions included."""

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
    """A group's lag in one partition up to its high watermark, so that open transactions count.

    `records` counts offsets, so transaction markers count too; `unstable` of them cannot be read before a
    transaction ends. `lost` offsets were deleted before the group had finished them.
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
        """Whether the first unfinished record is behind the last stable offset and cannot be read."""
        return self.first_unfinished is not None and self.first_unfinished >= self.end - self.unstable


@dataclass(frozen=True, slots=True)
class OpenTransactionPartition:
    """A partition with an open transaction: nothing from `stable` on can be read until it ends."""

    topic_partition: TopicPartition
    stable: int
    end: int
    seconds: float
    since: datetime
    producer_id: int | None

    @property
    def offsets(self) -> int:
        """The number of offsets that cannot be read until the transaction ends."""
        return self.end - self.stable


class LagReader:
    """Reads lag repeatedly; from the second reading on, lag in seconds is bounded by this process's clock."""

    def __init__(self, broker: Broker, waits: LogEndHistory | None = None) -> None:
        """Read from this broker; without `waits` a new history begins."""
        self._broker = broker
        self._waits = waits or LogEndHistory()

    async def of(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """The lag of a group in its topics, also in partitions where it never committed."""
        return await self._measured(group, topics, await self._broker.admin.group_offsets(group))

    async def unstarted_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """As `of`, but up to the first record that the group has not started.

        A slow record that only delays the commit does not count as lag.
        """
        group_offsets = await self._broker.admin.group_offsets(group)
        started = {tp: _started(committed) for tp, committed in group_offsets.items()}
        lags = await self._measured(f"queued for {group}", topics, started)
        return [replace(lag, group=group) for lag in lags]

    async def _measured(
        self, group: str, topics: Sequence[str], group_offsets: Mapping[TopicPartition, CommittedOffset]
    ) -> list[PartitionLag]:
        # The log's offsets are read after the group's: otherwise a record that is appended and finished
        # in between would look finished before it was there.
        log_offsets_of = await self._broker.positions.offsets(topics)
        lags = (
            _lag(self._broker.positions, group, tp, group_offsets.get(tp), log_offsets)
            for tp, log_offsets in log_offsets_of.items()
        )
        return [self._timed(lag) for lag in await asyncio.gather(*lags)]

    async def open_transactions(self, topics: Sequence[str]) -> list[OpenTransactionPartition]:
        """The partitions of the topics that have an open transaction."""
        log_offsets_of = await self._broker.positions.offsets(topics)
        # Partitions without a transaction are recorded too: a later one cannot be older than this reading.
        held = [
            (tp, log_offsets, await _first_held(self._broker.positions, tp, log_offsets))
            for tp, log_offsets in log_offsets_of.items()
        ]
        timed = [
            (tp, log_offsets, first, self._held_s(tp, log_offsets, first)) for tp, log_offsets, first in held
        ]
        now = datetime.now(UTC)
        return [
            OpenTransactionPartition(
                tp,
                log_offsets.stable,
                log_offsets.end,
                seconds,
                now - timedelta(seconds=seconds),
                first.producer_id,
            )
            for tp, log_offsets, first, seconds in timed
            if first is not None
        ]

    def _held_s(
        self, topic_partition: TopicPartition, log_offsets: LogOffsets, first: UnconsumedRecord | None
    ) -> float:
        timestamp_age_s = _age_s(first.moment) if first else 0.0
        return self._waits.seconds(
            ("held", topic_partition), first.offset if first else None, log_offsets.end, timestamp_age_s
        )

    def _timed(self, lag: PartitionLag) -> PartitionLag:
        seconds = self._waits.seconds(
            (lag.group, lag.topic_partition), lag.first_unfinished, lag.end, lag.seconds
        )
        since = datetime.now(UTC) - timedelta(seconds=seconds) if lag.first_unfinished is not None else None
        return replace(lag, seconds=seconds, waiting_since=since)


def _started(committed: CommittedOffset) -> CommittedOffset:
    """The offset below which a group has started every record, which may be beyond its committed offset."""
    return replace(
        committed, offset=max(committed.offset, read_envelope(committed.metadata).started_until or 0)
    )


async def lag_of(broker: Broker, group: str, topics: Sequence[str]) -> list[PartitionLag]:
    """A group's lag from one reading, by the timestamps of the log alone."""
    return await LagReader(broker).of(group, topics)


async def partitions_with_open_transactions(
    broker: Broker, topics: Sequence[str]
) -> list[OpenTransactionPartition]:
    """The partitions with an open transaction, from one reading."""
    return await LagReader(broker).open_transactions(topics)


async def _lag(
    positions: LogPositions,
    group: str,
    topic_partition: TopicPartition,
    committed_offset: CommittedOffset | None,
    log_offsets: LogOffsets,
) -> PartitionLag:
    # An offset beyond the end is from before the topic was recreated: the group will read from its beginning.
    committed = (
        max(committed_offset.offset, log_offsets.beginning)
        if committed_offset and committed_offset.offset <= log_offsets.end
        else log_offsets.beginning
    )
    lost = (
        log_offsets.beginning - committed_offset.offset
        if committed_offset and committed_offset.offset < log_offsets.beginning
        else 0
    )
    first = await _first_unfinished(positions, topic_partition, committed, log_offsets)
    no_lag = PartitionLag(
        group, topic_partition, committed, log_offsets.end, 0, 0.0, None, None, log_offsets.unstable, lost
    )
    if first is None:
        return no_lag
    return replace(
        no_lag,
        records=log_offsets.end - first.offset,
        seconds=_age_s(first.moment),
        first_unfinished=first.offset,
        waiting_since=first.moment,
    )


async def _first_unfinished(
    positions: LogPositions, topic_partition: TopicPartition, start: int, log_offsets: LogOffsets
) -> UnconsumedRecord | None:
    """The first data record from `start` on; offsets alone do not count, since markers hold no record."""
    first = await positions.first_stable(topic_partition, start, log_offsets.stable)
    return first or await positions.first_unstable(
        topic_partition, max(start, log_offsets.stable), log_offsets.end
    )


async def _first_held(
    positions: LogPositions, topic_partition: TopicPartition, log_offsets: LogOffsets
) -> UnconsumedRecord | None:
    return await positions.first_unstable(topic_partition, log_offsets.stable, log_offsets.end)


def _age_s(moment: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())
