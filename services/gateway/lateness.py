"""How late the stream is for a new request: what the guard and the meter have not finished, and calls that outlived their deadline."""

import asyncio
from datetime import UTC, datetime

from schemas.cloudevents import InvalidEventError, decode
from schemas.groups import GROUPS
from schemas.requests import AdmittedRequest
from streaming.broker import Broker
from streaming.lag import PartitionLag, lag_of

PROMPT_GROUPS = ("guard", "meter")
PATIENT_GROUP = "router"


async def lateness_s(broker: Broker) -> float:
    """Seconds that the slowest hop is behind; a call to a provider is late only once its request should have expired."""
    prompt = await asyncio.gather(*(lag_of(broker, group, GROUPS[group]) for group in PROMPT_GROUPS))
    patient = await lag_of(broker, PATIENT_GROUP, GROUPS[PATIENT_GROUP])
    overdue = await asyncio.gather(*(_overdue_s(broker, lag) for lag in patient if lag.stuck_at is not None))
    return max([0.0, *(lag.seconds for lags in prompt for lag in lags), *overdue])


async def _overdue_s(broker: Broker, lag: PartitionLag) -> float:
    if lag.stuck_at is None:
        return 0.0
    for record in await broker.reader.read(lag.place, lag.stuck_at, lag.stuck_at + 1):
        try:
            event = decode(record.topic, record.value, record.headers)
        except InvalidEventError:
            return lag.seconds
        if isinstance(event, AdmittedRequest):
            return max(0.0, (datetime.now(UTC) - event.expires_at).total_seconds())
    return 0.0
