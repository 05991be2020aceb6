"""How late the stream is for a new request: what guard and meter have not begun, calls that outlived their deadline, open transactions."""

import asyncio
from datetime import UTC, datetime

from schemas.cloudevents import InvalidEventError, decode
from schemas.groups import GROUPS
from schemas.requests import AdmittedRequest
from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic
from services.gateway.domain.stream_lag import Delay
from streaming.brokers.port import Broker
from streaming.partitions.lag import Lags, PartitionLag

PROMPT_GROUPS = ("guard", "meter")
PATIENT_GROUP = "router"
ENDINGS = (COMPLETIONS.name, dead_letter_topic(REQUESTS.name))
PASSED = (*(topic for group in (*PROMPT_GROUPS, PATIENT_GROUP) for topic in GROUPS[group]), *ENDINGS)
"""The topics that a call passes on its way to its ending."""


class Lateness:
    """Measures again and again; a call to a provider is late only once its request should have expired."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lags = Lags(broker)

    async def delay(self) -> Delay:
        """How late the slowest hop is."""
        prompt = await asyncio.gather(*(self._lags.queued(group, GROUPS[group]) for group in PROMPT_GROUPS))
        patient = await self._lags.of(PATIENT_GROUP, GROUPS[PATIENT_GROUP])
        overdue = await asyncio.gather(*(self._overdue_s(lag) for lag in patient))
        seconds = max([0.0, *(lag.seconds for lags in prompt for lag in lags), *overdue])
        held = max(await self._lags.held(PASSED), key=lambda partition: partition.seconds, default=None)
        return Delay(seconds, held.seconds, f"{held.place.topic}/{held.place.partition}") if held else Delay(seconds)

    async def _overdue_s(self, lag: PartitionLag) -> float:
        if lag.stuck_at is None:
            return 0.0
        if lag.is_held:
            return lag.seconds
        for record in await self._broker.reader.read(lag.place, lag.stuck_at, lag.stuck_at + 1):
            try:
                event = decode(record.topic, record.value, record.headers)
            except InvalidEventError:
                return lag.seconds
            if isinstance(event, AdmittedRequest):
                return max(0.0, (datetime.now(UTC) - event.expires_at).total_seconds())
        return 0.0
