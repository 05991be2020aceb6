"""Looks at all groups in turn, judges each partition, and exports what it saw."""

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from schemas.topics import BY_NAME
from services.watch.domain.health import Health, LagState, Look, judge
from services.watch.metrics import CONSUMED, DRAIN_SECONDS, LAG, LAG_SECONDS, LOOKED_AT, LOSS_SECONDS, PRODUCED, STATE
from streaming.broker import Broker
from streaming.errors import DependencyDownError
from streaming.lag import PartitionLag, lag_of
from streaming.lease import Lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """A loop that only reads: what it misses during an outage it sees at the next look."""

    groups: Mapping[str, Sequence[str]]
    every_s: float

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Look until stopped."""
        del lease
        before: dict[tuple[str, str, int], Look] = {}
        while not stop.is_set():
            try:
                for group, topics in self.groups.items():
                    for lag in await lag_of(broker, group, topics):
                        self._look(lag, before)
                LOOKED_AT.set_to_current_time()
            except DependencyDownError as error:
                log.warning("waiting", extra={"because": str(error)})
            try:
                async with asyncio.timeout(self.every_s):
                    await stop.wait()
            except TimeoutError:
                continue

    def _look(self, lag: PartitionLag, before: dict[tuple[str, str, int], Look]) -> None:
        key = (lag.group, lag.place.topic, lag.place.partition)
        now = Look(datetime.now(UTC), lag.committed, lag.end, lag.records, lag.seconds, lag.waiting_since)
        _export(lag, judge(before.get(key), now, retention_s(lag.place.topic)))
        before[key] = now


def retention_s(topic: str) -> float | None:
    """How long a topic keeps a record; None where it keeps all (or is not ours)."""
    known = BY_NAME.get(topic)
    kept = known.config.get("retention.ms") if known else None
    return int(kept) / 1000 if kept else None


def _export(lag: PartitionLag, health: Health) -> None:
    place = (lag.group, lag.place.topic, str(lag.place.partition))
    LAG.labels(*place).set(lag.records)
    LAG_SECONDS.labels(*place).set(lag.seconds)
    DRAIN_SECONDS.labels(*place).set(math.inf if health.drain_s is None else health.drain_s)
    LOSS_SECONDS.labels(*place).set(math.inf if health.loss_in_s is None else health.loss_in_s)
    CONSUMED.labels(*place).set(health.consumed_per_s)
    PRODUCED.labels(*place).set(health.produced_per_s)
    for state in get_args(LagState):
        STATE.labels(*place, state).set(1 if state == health.state else 0)
