"""Puts events on their topics under derived ids, and what cannot be handled on the dead letter topics."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import Counter

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.topics import TOPIC_OF, dead_letter_topic
from streaming.broker import Producer
from streaming.handling import position_id
from streaming.metrics import DEAD_LETTERS, EVENTS_OUT
from streaming.records import OutboundRecord, Record, TopicPartition
from streaming.seal import Sealer

PARENT_HEADER = "ce_parentid"
SOURCE_OFFSET_HEADER = "weir-source-offset"
TICK_HEADER = "weir-tick"
NO_TENANT = "-"
_HEADER_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """The record that an event follows from: its event id, and what is passed on from its headers."""

    event_id: UUID
    record: Record


class Publisher:
    """Appends events for one group; `source` is the service's name in `ce_source`."""

    def __init__(self, producer: Producer, *, group: str, sealer: Sealer) -> None:
        """Take the shared producer and the seal for dead letters."""
        self._producer = producer
        self._group = group
        self._sealer = sealer
        self._counters: dict[str, Counter] = {}

    async def send(self, event: Event, event_id: UUID, origin: Origin | None, partition: int | None = None) -> "asyncio.Future[int]":
        """Queue an event; the future gives its offset."""
        record = self.outbound(event, event_id, origin, partition)
        self._count(record.topic, 1)
        return await self._producer.send(record)

    async def append(self, place: TopicPartition, records: Sequence[OutboundRecord]) -> "Sequence[asyncio.Future[range]]":
        """Queue records that `outbound` made for one partition; the futures give their offsets, batch by batch."""
        self._count(place.topic, len(records))
        return await self._producer.append(place, records)

    def outbound(self, event: Event, event_id: UUID, origin: Origin | None, partition: int | None) -> OutboundRecord:
        """An event as the record that would be sent."""
        trace = origin.record.header("traceparent") if origin else None
        encoded = encode(
            event,
            event_id=event_id,
            source=self._group,
            time=datetime.now(UTC),
            traceparent=trace.decode("ascii", "replace") if trace else None,
        )
        headers = encoded.headers
        if origin is not None:
            headers = (*headers, (PARENT_HEADER, str(origin.event_id).encode()), (SOURCE_OFFSET_HEADER, str(origin.record.offset).encode()))
        return OutboundRecord(TOPIC_OF[type(event)].name, encoded.key, encoded.value, headers, partition)

    async def send_tombstone(self, topic: str, key: bytes, partition: int) -> "asyncio.Future[int]":
        """Queue a record without a value, which lets a compacted topic forget the key."""
        return await self._producer.send(OutboundRecord(topic, key, None, (), partition))

    def _count(self, topic: str, records: int) -> None:
        counter = self._counters.get(topic)
        if counter is None:
            counter = self._counters[topic] = EVENTS_OUT.labels(self._group, topic)
        counter.inc(records)

    async def send_dead_letter(self, record: Record, reason: str, message: str) -> "asyncio.Future[int]":
        """Queue the sealed original with the reason and its position; nothing of it stays in the clear."""
        now = datetime.now(UTC)
        event_id = position_id(record)
        sealed = self._sealer.seal(_original(record), tenant=NO_TENANT, purpose="dead-letter", context=_place(record), at=now)
        headers = (
            ("ce_id", str(event_id).encode()),
            ("weir-source-topic", record.topic.encode()),
            ("weir-source-partition", str(record.partition).encode()),
            (SOURCE_OFFSET_HEADER, str(record.offset).encode()),
            ("weir-service", self._group.encode()),
            ("weir-reason", reason.encode()),
            ("weir-error", message.encode("utf-8", "replace")[:_HEADER_LENGTH]),
            ("weir-failed-at", now.isoformat().encode()),
            ("weir-size", str(len(record.value or b"")).encode()),
        )
        DEAD_LETTERS.labels(self._group, record.topic, reason).inc()
        return await self._producer.send(OutboundRecord(dead_letter_topic(record.topic), None, sealed.encode(), headers))


def open_dead_letter(sealer: Sealer, letter: Record) -> bytes:
    """The original key, headers and value of a dead letter, as they were framed by `send_dead_letter`."""
    place = "/".join((letter.header(name) or b"").decode() for name in ("weir-source-topic", "weir-source-partition", SOURCE_OFFSET_HEADER))
    return sealer.open((letter.value or b"").decode(), tenant=NO_TENANT, purpose="dead-letter", context=place)


async def acknowledged(futures: Sequence["asyncio.Future[int]"]) -> list[int]:
    """The offsets of all sends in order; raises the first failure only after every send has ended."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    offsets: list[int] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        offsets.append(result)
    return offsets


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _original(record: Record) -> bytes:
    parts = [record.key or b"", *(name.encode() + b"=" + (value or b"") for name, value in record.headers), record.value or b""]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
