"""Measures the lag for a new request: guard, meter, overdue provider calls, open transactions."""

import asyncio
from datetime import UTC, datetime

from schemas.cloudevents import InvalidEventError, decode
from schemas.groups import GROUPS
from schemas.requests import AdmittedRequest
from services.gateway.domain.overload import StreamLag
from services.gateway.outcomes.follow import OUTCOME_TOPICS
from streaming.brokers.port import Broker
from streaming.partitions.lag import LagReader, PartitionLag

IMMEDIATE_GROUPS = ("guard", "meter")
PROVIDER_GROUP = "router"
REQUEST_PATH_TOPICS = (
    *(topic for group in (*IMMEDIATE_GROUPS, PROVIDER_GROUP) for topic in GROUPS[group]),
    *OUTCOME_TOPICS,
)
"""The topics that a call passes on the way to its outcome."""


class PipelineLag:
    """Provider calls may be slow: the router lags only if a request is open after it should have expired."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lags = LagReader(broker)

    async def measure(self) -> StreamLag:
        """The lag of the slowest group, and the longest open transaction on the topics of a request."""
        immediate = await asyncio.gather(
            *(self._lags.unstarted_lag(group, GROUPS[group]) for group in IMMEDIATE_GROUPS)
        )
        provider_lags = await self._lags.of(PROVIDER_GROUP, GROUPS[PROVIDER_GROUP])
        overdue_s = await asyncio.gather(*(self._overdue_s(lag) for lag in provider_lags))
        seconds = max([0.0, *(lag.seconds for lags in immediate for lag in lags), *overdue_s])
        held = max(
            await self._lags.open_transactions(REQUEST_PATH_TOPICS),
            key=lambda partition: partition.seconds,
            default=None,
        )
        if held is None:
            return StreamLag(seconds)
        partition = held.topic_partition
        return StreamLag(seconds, held.seconds, f"{partition.topic}/{partition.partition}")

    async def _overdue_s(self, lag: PartitionLag) -> float:
        """How long ago the first unfinished request of the router should have expired."""
        if lag.first_unfinished is None:
            return 0.0
        if lag.is_blocked_by_transaction:
            return lag.seconds
        for record in await self._broker.reader.read(
            lag.topic_partition, lag.first_unfinished, lag.first_unfinished + 1
        ):
            try:
                event = decode(record.topic, record.value, record.headers)
            except InvalidEventError:
                return lag.seconds
            if isinstance(event, AdmittedRequest):
                return max(0.0, (datetime.now(UTC) - event.expires_at).total_seconds())
        return 0.0
