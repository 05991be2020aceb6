"""A tenant's account and decisions as the stream tells them: read only, by the meter's own fold."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.requests import AdmittedRequest, RequestFacts
from schemas.topics import ADJUSTMENTS, COMPLETIONS, REQUESTS_ADMITTED
from services.meter.domain.accounts.accounts import Accounts
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import StreamingError
from streaming.events.event_processing import RecordRejectedError, incoming_of
from streaming.handling import Incoming
from streaming.state.snapshots import load_newest

LEDGER = "meter"
READ_AT_ONCE = 2_000
DECISIONS = (REQUESTS_ADMITTED.name, COMPLETIONS.name, ADJUSTMENTS.name)


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """What was decided about one request: how it came in, how it ended, what was booked later; the first of each counts."""

    record_id: UUID
    admitted: AdmittedRequest | None
    outcome: Completion | None
    adjustments: Sequence[Adjustment]

    @property
    def request(self) -> RequestFacts | None:
        """What the request was; None where only an old adjustment speaks of it."""
        event = self.admitted or self.outcome
        return event.request if event is not None else self.adjustments[0].request

    @property
    def tenant(self) -> str:
        """Whose request it is."""
        return self.request.tenant if self.request is not None else self.adjustments[0].tenant


async def read_account(broker: Broker, tenant: str) -> Accounts:
    """Fold the newest snapshot of a tenant's partition and all decisions after it."""
    partition = key_partition(tenant.encode(), await broker.reader.partitions(COMPLETIONS.name))
    accounts = Accounts()
    try:
        begin = await load_newest(broker.reader, LEDGER, partition, accounts)
    except ValueError as error:
        raise StreamingError(str(error)) from error
    for topic in DECISIONS:
        async for incoming in _decisions(broker, TopicPartition(topic, partition), begin.get(topic, 0)):
            accounts.fold(incoming.event, incoming.event_id)
    return accounts


async def find_request_histories(broker: Broker, name: str, tenant: str | None) -> Sequence[RequestHistory]:
    """Find what was decided about the requests under a request id (or a record id), the oldest first; reads what the stream still holds."""
    partitions = await broker.reader.partitions(COMPLETIONS.name)
    numbers = range(partitions) if tenant is None else [key_partition(tenant.encode(), partitions)]
    found: dict[UUID, list[AdmittedRequest | Completion | Adjustment]] = {}
    for topic in DECISIONS:
        for number in numbers:
            async for incoming in _decisions(broker, TopicPartition(topic, number), 0, name.encode()):
                event = incoming.event
                if isinstance(event, AdmittedRequest | Completion | Adjustment) and _is_about(
                    event, name, tenant
                ):
                    found.setdefault(_record_id(event), []).append(event)
    return [_story(record_id, events) for record_id, events in found.items()]


async def _decisions(
    broker: Broker, place: TopicPartition, start: int, holding: bytes = b""
) -> AsyncIterator[Incoming[Event]]:
    """Read decisions from an offset on, only those whose text holds something: decoding them all would take minutes."""
    end = await broker.reader.end(place)
    for low in range(max(start, await broker.reader.beginning(place)), end, READ_AT_ONCE):
        for record in await broker.reader.read(place, low, min(low + READ_AT_ONCE, end)):
            if holding in (record.value or b""):
                incoming = _decoded(record)
                if incoming is not None:
                    yield incoming


def _decoded(record: Record) -> Incoming[Event] | None:
    """Leave out what is no event; the meter's own topics hold nothing else."""
    try:
        return incoming_of(record)
    except RecordRejectedError:
        return None


def _record_id(event: AdmittedRequest | Completion | Adjustment) -> UUID:
    return event.record_id if isinstance(event, Adjustment) else event.request.record_id


def _is_about(event: AdmittedRequest | Completion | Adjustment, name: str, tenant: str | None) -> bool:
    request_id = event.request_id if isinstance(event, Adjustment) else event.request.request_id
    return name in {request_id, str(_record_id(event))} and tenant in {None, event.tenant_name}


def _story(record_id: UUID, events: Sequence[AdmittedRequest | Completion | Adjustment]) -> RequestHistory:
    admitted = next((event for event in events if isinstance(event, AdmittedRequest)), None)
    outcome = next((event for event in events if isinstance(event, Completion)), None)
    return RequestHistory(
        record_id, admitted, outcome, [event for event in events if isinstance(event, Adjustment)]
    )
