"""Publishes correction requests, and waits for the adjustments in which the meter decides on them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Correction
from schemas.topics import CORRECTIONS
from services.meter.domain.settlement.corrections import replacing_entry
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import acknowledged
from streaming.handling import Incoming
from weir.prices.booking_log import adjustment_id, events_from

SOURCE = "price"
METER = "meter"
POLL_INTERVAL_S = 0.2


@dataclass(frozen=True, slots=True)
class CorrectionCounts:
    """The requests that are booked, overtaken by another correction, refused, or waiting for the meter."""

    booked: int = 0
    overtaken: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every request is booked as requested."""
        return not (self.overtaken or self.refused or self.waiting)


class CorrectionRequests:
    """Correction requests in progress; only the id, cost and price version of each are kept."""

    def __init__(self, broker: Broker, adjusted: Mapping[TopicPartition, int]) -> None:
        """`adjusted` are the ends of the adjustments from before the bookings were read."""
        self._broker = broker
        self._positions = dict(adjusted)
        self._requested: dict[UUID, tuple[Decimal | None, str | None]] = {}
        self._decided: dict[UUID, bool] = {}
        self._published_ends: dict[TopicPartition, int] = {}

    async def publish(self, corrections: Sequence[Correction]) -> None:
        """Publish correction requests under their derived ids."""
        partition_count = await self._broker.reader.partitions(CORRECTIONS.name)
        partitions: list[TopicPartition] = []
        sends: list[asyncio.Future[int]] = []
        for correction in corrections:
            encoded = encode(
                correction, event_id=correction.correction_id, source=SOURCE, time=datetime.now(UTC)
            )
            partition = TopicPartition(CORRECTIONS.name, key_partition(encoded.key, partition_count))
            record = OutboundRecord(
                partition.topic, encoded.key, encoded.value, encoded.headers, partition.partition
            )
            partitions.append(partition)
            sends.append(await self._broker.producer.send(record))
            self._requested[adjustment_id(correction.replaces)] = _cost_and_version(
                replacing_entry(correction.attempts)
            )
        for partition, offset in zip(partitions, await acknowledged(sends), strict=True):
            self._published_ends[partition] = max(self._published_ends.get(partition, 0), offset + 1)

    async def wait_decided(self, wait_s: float) -> CorrectionCounts:
        """Wait up to `wait_s` for decisions; requests that the meter read and did not book are refused."""
        deadline = time.monotonic() + wait_s
        while True:
            has_read_all = await self._has_read_all()
            await self._read_decisions()
            missing = len(self._requested) - len(self._decided)
            if missing == 0 or has_read_all or time.monotonic() > deadline:
                booked = sum(self._decided.values())
                refused = missing if has_read_all else 0
                return CorrectionCounts(booked, len(self._decided) - booked, refused, missing - refused)
            await asyncio.sleep(POLL_INTERVAL_S)

    async def _has_read_all(self) -> bool:
        committed = await self._broker.admin.group_offsets(METER)
        return all(
            partition in committed and committed[partition].offset >= end
            for partition, end in self._published_ends.items()
        )

    async def _read_decisions(self) -> None:
        for partition in self._positions:
            async for part in events_from(self._broker, partition, self._positions[partition]):
                for incoming in part:
                    self._note_decision(incoming)
                    self._positions[partition] = incoming.record.offset + 1

    def _note_decision(self, incoming: Incoming[Event]) -> None:
        requested, event = self._requested.get(incoming.event_id), incoming.event
        if requested is not None and isinstance(event, Adjustment):
            self._decided.setdefault(
                incoming.event_id, requested == _cost_and_version(replacing_entry(event.attempts))
            )


def _cost_and_version(line: BookedAttempt) -> tuple[Decimal | None, str | None]:
    return line.cost_usd, line.price_version
