"""Samples the offsets of all consumer groups at intervals and exports lag, rates and states."""

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

TOPICS = kafka_topics(1)
Samples = dict[tuple[str, str, int], LagSample]
"""The last sample of each group, topic and partition."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A loop that only reads; an outage leaves a gap in the samples and loses nothing else."""

    groups: Mapping[str, Sequence[str]]
    every_s: float
    topics: Sequence[str] = tuple(TOPICS)

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Sample until stopped."""
        del lease
        lags, before, held = LagReader(broker), Samples(), set[TopicPartition]()
        while not stop.is_set():
            problems = [
                problem for group in self.groups if (problem := await self._sample_group(lags, group, before))
            ]
            problems += [problem for problem in [await self._sample_transactions(lags, held)] if problem]
            if problems:
                log.warning("waiting", extra={"because": "; ".join(sorted(set(problems)))})
            else:
                SAMPLED_AT.set_to_current_time()
            try:
                async with asyncio.timeout(self.every_s):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _sample_group(self, lags: LagReader, group: str, before: Samples) -> str | None:
        """Sample one group; returns the error if its lag is unknown, so that others are still sampled."""
        try:
            for lag in await lags.of(group, self.groups[group]):
                self._sample(lag, before)
        except DependencyDownError as error:
            return str(error)
        return None

    async def _sample_transactions(self, lags: LagReader, held: set[TopicPartition]) -> str | None:
        try:
            transactions = await lags.open_transactions(self.topics)
        except DependencyDownError as error:
            return str(error)
        open_now = {transaction.topic_partition for transaction in transactions}
        for partition in held - open_now:
            _export_held(partition, None)
        for transaction in transactions:
            _export_held(transaction.topic_partition, transaction)
        held.clear()
        held |= open_now
        return None

    def _sample(self, lag: PartitionLag, before: Samples) -> None:
        key = (lag.group, lag.topic_partition.topic, lag.topic_partition.partition)
        now = LagSample(
            datetime.now(UTC), lag.committed, lag.end, lag.records, lag.seconds, lag.waiting_since
        )
        _export(lag, lag_trend(before.get(key), now, retention_s(lag.topic_partition.topic)))
        before[key] = now


def retention_s(topic: str) -> float | None:
    """The retention of a topic in seconds; None if it is unlimited, or the topic is not one of Weir's."""
    _, config = TOPICS.get(topic, (0, {}))
    retention_ms = config.get("retention.ms")
    return int(retention_ms) / 1000 if retention_ms else None


def _export_held(partition: TopicPartition, held: OpenTransactionPartition | None) -> None:
    labels = (partition.topic, str(partition.partition))
    UNSTABLE.labels(*labels).set(held.offsets if held else 0)
    UNSTABLE_SECONDS.labels(*labels).set(held.seconds if held else 0.0)


def _export(lag: PartitionLag, trend: LagTrend) -> None:
    labels = (lag.group, lag.topic_partition.topic, str(lag.topic_partition.partition))
    LAG.labels(*labels).set(lag.records)
    LAG_SECONDS.labels(*labels).set(lag.seconds)
    DRAIN_SECONDS.labels(*labels).set(math.inf if trend.drain_s is None else trend.drain_s)
    LOSS_SECONDS.labels(*labels).set(math.inf if trend.loss_in_s is None else trend.loss_in_s)
    LOST.labels(*labels).set(lag.lost)
    CONSUMED.labels(*labels).set(trend.consumed_per_s)
    PRODUCED.labels(*labels).set(trend.produced_per_s)
    for state in get_args(LagState):
        STATE.labels(*labels, state).set(1 if state == trend.state else 0)
