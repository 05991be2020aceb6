"""Looks at all groups in turn, judges each partition, and exports what it saw."""

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from schemas.topics import kafka_topics
from services.watch.domain.health import LagSample, LagState, LagTrend, lag_trend
from services.watch.metrics import (
    CONSUMED,
    DRAIN_SECONDS,
    LAG,
    LAG_SECONDS,
    LOSS_SECONDS,
    LOST,
    PRODUCED,
    SAMPLED_AT,
    STATE,
    UNSTABLE,
    UNSTABLE_SECONDS,
)
from streaming.brokers.port import Broker
from streaming.brokers.records import TopicPartition
from streaming.errors import DependencyDownError
from streaming.partitions.lag import LagReader, OpenTransactionPartition, PartitionLag
from streaming.partitions.lease import Lease

log = logging.getLogger(__name__)

KNOWN = kafka_topics(1)
Looks = dict[tuple[str, str, int], LagSample]


@dataclass(frozen=True, slots=True)
class Watch:
    """A loop that only reads: what it misses during an outage it sees at the next look."""

    groups: Mapping[str, Sequence[str]]
    every_s: float
    topics: Sequence[str] = tuple(KNOWN)

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Look until stopped."""
        del lease
        lags, before, held = LagReader(broker), Looks(), set[TopicPartition]()
        while not stop.is_set():
            problems = [
                problem
                for group in self.groups
                if (problem := await self._look_at_group(lags, group, before))
            ]
            problems += [problem for problem in [await self._look_at_transactions(lags, held)] if problem]
            if problems:
                log.warning("waiting", extra={"because": "; ".join(sorted(set(problems)))})
            else:
                SAMPLED_AT.set_to_current_time()
            try:
                async with asyncio.timeout(self.every_s):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _look_at_group(self, lags: LagReader, group: str, before: Looks) -> str | None:
        """Why the group's lag is not known; a partition without a leader hides one group's lag and not that of all."""
        try:
            for lag in await lags.of(group, self.groups[group]):
                self._look(lag, before)
        except DependencyDownError as error:
            return str(error)
        return None

    async def _look_at_transactions(self, lags: LagReader, held: set[TopicPartition]) -> str | None:
        try:
            found = await lags.open_transactions(self.topics)
        except DependencyDownError as error:
            return str(error)
        for place in held - {partition.topic_partition for partition in found}:
            _export_held(place, None)
        for partition in found:
            _export_held(partition.topic_partition, partition)
        held.clear()
        held |= {partition.topic_partition for partition in found}
        return None

    def _look(self, lag: PartitionLag, before: Looks) -> None:
        key = (lag.group, lag.topic_partition.topic, lag.topic_partition.partition)
        now = LagSample(
            datetime.now(UTC), lag.committed, lag.end, lag.records, lag.seconds, lag.waiting_since
        )
        _export(lag, lag_trend(before.get(key), now, retention_s(lag.topic_partition.topic)))
        before[key] = now


def retention_s(topic: str) -> float | None:
    """How long a topic keeps a record; None where it keeps all (or is not ours)."""
    _, config = KNOWN.get(topic, (0, {}))
    kept = config.get("retention.ms")
    return int(kept) / 1000 if kept else None


def _export_held(place: TopicPartition, held: OpenTransactionPartition | None) -> None:
    labels = (place.topic, str(place.partition))
    UNSTABLE.labels(*labels).set(held.offsets if held else 0)
    UNSTABLE_SECONDS.labels(*labels).set(held.seconds if held else 0.0)


def _export(lag: PartitionLag, health: LagTrend) -> None:
    place = (lag.group, lag.topic_partition.topic, str(lag.topic_partition.partition))
    LAG.labels(*place).set(lag.records)
    LAG_SECONDS.labels(*place).set(lag.seconds)
    DRAIN_SECONDS.labels(*place).set(math.inf if health.drain_s is None else health.drain_s)
    LOSS_SECONDS.labels(*place).set(math.inf if health.loss_in_s is None else health.loss_in_s)
    LOST.labels(*place).set(lag.lost)
    CONSUMED.labels(*place).set(health.consumed_per_s)
    PRODUCED.labels(*place).set(health.produced_per_s)
    for state in get_args(LagState):
        STATE.labels(*place, state).set(1 if state == health.state else 0)
