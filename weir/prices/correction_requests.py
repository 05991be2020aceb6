"""Publishes corrections, and waits until the meter, which alone writes adjustments, has decided on each."""

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
from services.meter.domain.settlement.corrections import standing_entry
from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import acknowledged
from streaming.handling import Incoming
from weir.prices.booking_log import adjustment_id, events_from

SOURCE = "price"
METER = "meter"
LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True)
class CorrectionCounts:
    """What became of the wishes: booked, overtaken by another correction of the same booking, refused, or still waiting for the meter."""

    booked: int = 0
    overtaken: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every wish is booked as it was asked for."""
        return not (self.overtaken or self.refused or self.waiting)


class CorrectionRequests:
    """Corrections on their way to the meter; of each only its id and its cost are kept."""

    def __init__(self, broker: Broker, adjusted: Mapping[TopicPartition, int]) -> None:
        """Look for decisions from the offsets `adjusted` on, which were noted before the bookings were read."""
        self._broker = broker
        self._positions = dict(adjusted)
        self._asked: dict[UUID, tuple[Decimal | None, str | None]] = {}
        self._decided: dict[UUID, bool] = {}
        self._marks: dict[TopicPartition, int] = {}

    async def publish(self, wishes: Sequence[Correction]) -> None:
        """Publish corrections under their derived ids."""
        partitions = await self._broker.reader.partitions(CORRECTIONS.name)
        places: list[TopicPartition] = []
        sends: list[asyncio.Future[int]] = []
        for wish in wishes:
            encoded = encode(wish, event_id=wish.correction_id, source=SOURCE, time=datetime.now(UTC))
            place = TopicPartition(CORRECTIONS.name, key_partition(encoded.key, partitions))
            record = OutboundRecord(place.topic, encoded.key, encoded.value, encoded.headers, place.partition)
            places.append(place)
            sends.append(await self._broker.producer.send(record))
            self._asked[adjustment_id(wish.replaces)] = _named(standing_entry(wish.attempts))
        for place, offset in zip(places, await acknowledged(sends), strict=True):
            self._marks[place] = max(self._marks.get(place, 0), offset + 1)

    async def wait_decided(self, wait_s: float) -> CorrectionCounts:
        """Return when all are decided or the time is over; a wish that the meter has read and not booked was refused."""
        deadline = time.monotonic() + wait_s
        while True:
            has_read_all = await self._has_read_all()
            await self._look()
            missing = len(self._asked) - len(self._decided)
            if missing == 0 or has_read_all or time.monotonic() > deadline:
                booked = sum(self._decided.values())
                refused = missing if has_read_all else 0
                return CorrectionCounts(booked, len(self._decided) - booked, refused, missing - refused)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _has_read_all(self) -> bool:
        committed = await self._broker.admin.group_offsets(METER)
        return all(
            place in committed and committed[place].offset >= mark for place, mark in self._marks.items()
        )

    async def _look(self) -> None:
        for place in self._positions:
            async for part in events_from(self._broker, place, self._positions[place]):
                for incoming in part:
                    self._take(incoming)
                    self._positions[place] = incoming.record.offset + 1

    def _take(self, incoming: Incoming[Event]) -> None:
        asked, event = self._asked.get(incoming.event_id), incoming.event
        if asked is not None and isinstance(event, Adjustment):
            self._decided.setdefault(incoming.event_id, asked == _named(standing_entry(event.attempts)))


def _named(line: BookedAttempt) -> tuple[Decimal | None, str | None]:
    return line.cost_usd, line.price_version
