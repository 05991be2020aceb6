"""Publishes events under derived ids, and dead letters."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import Counter

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Producer
from streaming.brokers.records import OutboundRecord, Record, TopicPartition
from streaming.events.dead_letters import SOURCE_OFFSET, DeadLetterCause, dead_letter
from streaming.metrics import DEAD_LETTERS, EVENTS_OUT
from streaming.seal.seal import Sealer

PARENT_HEADER = "ce_parentid"
SOURCE_OFFSET_HEADER = SOURCE_OFFSET
TICK_HEADER = "weir-tick"
TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 00; any other value of the header is not passed on."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """The record that an event follows from, and its event id."""

    event_id: UUID
    record: Record


class Publisher:
    """Appends events for one group, which is their `ce_source`."""

    def __init__(self, producer: Producer, *, group: str, sealer: Sealer) -> None:
        """Take the shared producer, and the sealer for dead letters."""
        self._producer = producer
        self._group = group
        self._sealer = sealer
        self._counters: dict[str, Counter] = {}

    async def send(
        self, event: Event, event_id: UUID, origin: SourceRecord | None, partition: int | None = None
    ) -> "asyncio.Future[int]":
        """Queue an event; the future gives its offset."""
        return await self.send_record(self.outbound(event, event_id, origin, partition))

    async def send_record(self, record: OutboundRecord) -> "asyncio.Future[int]":
        """Queue a record that `outbound` made; the future gives its offset."""
        self._count(record.topic, 1)
        return await self._producer.send(record)

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        """Queue records for one partition; the futures give the offsets of their batches."""
        self._count(topic_partition.topic, len(records))
        return await self._producer.append(topic_partition, records)

    def outbound(
        self, event: Event, event_id: UUID, origin: SourceRecord | None, partition: int | None
    ) -> OutboundRecord:
        """Encode an event as a record, with the ids and the trace of its source record."""
        trace = origin.record.header("traceparent") if origin else None
        encoded = encode(
            event,
            event_id=event_id,
            source=self._group,
            time=datetime.now(UTC),
            traceparent=trace.decode("ascii") if trace and TRACE_PARENT.fullmatch(trace) else None,
        )
        headers = encoded.headers
        if origin is not None:
            headers = (
                *headers,
                (PARENT_HEADER, str(origin.event_id).encode()),
                (SOURCE_OFFSET_HEADER, str(origin.record.offset).encode()),
            )
        return OutboundRecord(TOPIC_OF[type(event)].name, encoded.key, encoded.value, headers, partition)

    async def send_tombstone(self, topic: str, key: bytes, partition: int) -> "asyncio.Future[int]":
        """Queue a record without a value, which deletes the key from a compacted topic."""
        return await self._producer.send(OutboundRecord(topic, key, None, (), partition))

    def _count(self, topic: str, records: int) -> None:
        counter = self._counters.get(topic)
        if counter is None:
            counter = self._counters[topic] = EVENTS_OUT.labels(self._group, topic)
        counter.inc(records)

    async def send_dead_letter(
        self, record: Record, reason: str, message: str, request: str | None = None
    ) -> "asyncio.Future[int]":
        """Queue a dead letter; `request` is the record id of its request, if it is known."""
        DEAD_LETTERS.labels(self._group, record.topic, reason).inc()
        return await self._producer.send(
            dead_letter(
                self._sealer,
                record,
                DeadLetterCause(self._group, reason, message, request),
                datetime.now(UTC),
            )
        )


async def acknowledged(futures: Sequence["asyncio.Future[int]"]) -> list[int]:
    """The offsets of all sends in order; raises the first error only after all sends have ended."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    offsets: list[int] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        offsets.append(result)
    return offsets
