"""Reads a tenant's accounts and the decisions about its requests from the topics of the meter."""

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
RECORDS_PER_READ = 2_000
DECISION_TOPICS = (REQUESTS_ADMITTED.name, COMPLETIONS.name, ADJUSTMENTS.name)

_Decision = AdmittedRequest | Completion | Adjustment


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """The meter's decisions about one request: its first admission, first outcome and all adjustments."""

    record_id: UUID
    admitted: AdmittedRequest | None
    outcome: Completion | None
    adjustments: Sequence[Adjustment]

    @property
    def request(self) -> RequestFacts | None:
        """The fields of the request; None if only an adjustment without them is still stored."""
        event = self.admitted or self.outcome
        return event.request if event is not None else self.adjustments[0].request

    @property
    def tenant(self) -> str:
        """The tenant of the request."""
        return self.request.tenant if self.request is not None else self.adjustments[0].tenant


async def read_account(broker: Broker, tenant: str) -> Accounts:
    """The accounts of a tenant's partition: its newest snapshot and the fold of all later decisions.

    Raises StreamingError if the snapshot cannot be read.
    """
    partition = key_partition(tenant.encode(), await broker.reader.partitions(COMPLETIONS.name))
    accounts = Accounts()
    try:
        begin = await load_newest(broker.reader, LEDGER, partition, accounts)
    except ValueError as error:
        raise StreamingError(str(error)) from error
    for topic in DECISION_TOPICS:
        async for incoming in _decisions(broker, TopicPartition(topic, partition), begin.get(topic, 0)):
            accounts.fold(incoming.event, incoming.event_id)
    return accounts


async def find_request_histories(broker: Broker, name: str, tenant: str | None) -> Sequence[RequestHistory]:
    """The decisions about the requests with a request id or record id, oldest first.

    Without a tenant all partitions are read; what retention has deleted is missing.
    """
    partitions = await broker.reader.partitions(COMPLETIONS.name)
    numbers = range(partitions) if tenant is None else [key_partition(tenant.encode(), partitions)]
    events_by_record: dict[UUID, list[_Decision]] = {}
    for topic in DECISION_TOPICS:
        for number in numbers:
            async for incoming in _decisions(broker, TopicPartition(topic, number), 0, name.encode()):
                event = incoming.event
                if isinstance(event, _Decision) and _is_about(event, name, tenant):
                    events_by_record.setdefault(_record_id(event), []).append(event)
    return [_history(record_id, events) for record_id, events in events_by_record.items()]


async def _decisions(
    broker: Broker, partition: TopicPartition, start: int, text: bytes = b""
) -> AsyncIterator[Incoming[Event]]:
    """The decisions from an offset on whose JSON contains `text`: decoding all of them would take minutes."""
    end = await broker.reader.end(partition)
    for low in range(max(start, await broker.reader.beginning(partition)), end, RECORDS_PER_READ):
        for record in await broker.reader.read(partition, low, min(low + RECORDS_PER_READ, end)):
            if text in (record.value or b""):
                incoming = _decoded(record)
                if incoming is not None:
                    yield incoming


def _decoded(record: Record) -> Incoming[Event] | None:
    """The event of a record; None if it is not a valid event."""
    try:
        return incoming_of(record)
    except RecordRejectedError:
        return None


def _record_id(event: _Decision) -> UUID:
    return event.record_id if isinstance(event, Adjustment) else event.request.record_id


def _is_about(event: _Decision, name: str, tenant: str | None) -> bool:
    request_id = event.request_id if isinstance(event, Adjustment) else event.request.request_id
    return name in {request_id, str(_record_id(event))} and tenant in {None, event.tenant_name}


def _history(record_id: UUID, events: Sequence[_Decision]) -> RequestHistory:
    admitted = next((event for event in events if isinstance(event, AdmittedRequest)), None)
    outcome = next((event for event in events if isinstance(event, Completion)), None)
    return RequestHistory(
        record_id, admitted, outcome, [event for event in events if isinstance(event, Adjustment)]
    )
