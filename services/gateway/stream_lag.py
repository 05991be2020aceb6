"""How late the stream is for a new request: what guard and meter have not begun, calls that outlived their deadline, open transactions."""

import asyncio
from datetime import UTC, datetime

from schemas.cloudevents import InvalidEventError, decode
from schemas.groups import GROUPS
from schemas.requests import AdmittedRequest
from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic
from services.gateway.domain.stream_lag import StreamLag
from streaming.brokers.port import Broker
from streaming.partitions.lag import LagReader, PartitionLag

IMMEDIATE_GROUPS = ("guard", "meter")
PROVIDER_GROUP = "router"
OUTCOME_TOPICS = (COMPLETIONS.name, dead_letter_topic(REQUESTS.name))
REQUEST_PATH_TOPICS = (
    *(topic for group in (*IMMEDIATE_GROUPS, PROVIDER_GROUP) for topic in GROUPS[group]),
    *OUTCOME_TOPICS,
)
"""The topics that a call passes on its way to its ending."""


class PipelineLag:
    """Measures again and again; a call to a provider is late only once its request should have expired."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lags = LagReader(broker)

    async def measure(self) -> StreamLag:
        """How late the slowest hop is."""
        prompt = await asyncio.gather(
            *(self._lags.unstarted_lag(group, GROUPS[group]) for group in IMMEDIATE_GROUPS)
        )
        patient = await self._lags.of(PROVIDER_GROUP, GROUPS[PROVIDER_GROUP])
        overdue = await asyncio.gather(*(self._overdue_s(lag) for lag in patient))
        seconds = max([0.0, *(lag.seconds for lags in prompt for lag in lags), *overdue])
        held = max(
            await self._lags.open_transactions(REQUEST_PATH_TOPICS),
            key=lambda partition: partition.seconds,
            default=None,
        )
        return (
            StreamLag(seconds, held.seconds, f"{held.topic_partition.topic}/{held.topic_partition.partition}")
            if held
            else StreamLag(seconds)
        )

    async def _overdue_s(self, lag: PartitionLag) -> float:
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
