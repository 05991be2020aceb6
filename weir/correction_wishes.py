"""Publishes corrections, and waits until the meter, which alone writes adjustments, has decided on each."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from schemas.cloudevents import encode
from schemas.event import Event
from schemas.outcomes import Adjustment, Correction
from schemas.topics import CORRECTIONS
from services.meter.domain.corrections import newest_line
from streaming.broker import Broker
from streaming.handling import Incoming
from streaming.kafka import key_partition
from streaming.publishing import acknowledged
from streaming.records import OutboundRecord, TopicPartition
from weir.booking_log import adjustment_id, read_all

SOURCE = "price"
METER = "meter"
AT_ONCE = 500
LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the wishes: booked, overtaken by another correction of the same booking, refused, or still waiting for the meter."""

    booked: int = 0
    overtaken: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every wish is booked as it was asked for."""
        return not (self.overtaken or self.refused or self.waiting)


async def publish_wishes(broker: Broker, wishes: Sequence[Correction]) -> Mapping[TopicPartition, int]:
    """Publish corrections under their derived ids; returns the offset after the last one of each partition."""
    partitions = await broker.reader.partitions(CORRECTIONS.name)
    marks: dict[TopicPartition, int] = {}
    for low in range(0, len(wishes), AT_ONCE):
        places: list[TopicPartition] = []
        sends: list[asyncio.Future[int]] = []
        for wish in wishes[low : low + AT_ONCE]:
            encoded = encode(wish, event_id=wish.correction_id, source=SOURCE, time=datetime.now(UTC))
            places.append(TopicPartition(CORRECTIONS.name, key_partition(encoded.key, partitions)))
            sends.append(
                await broker.producer.send(OutboundRecord(CORRECTIONS.name, encoded.key, encoded.value, encoded.headers, places[-1].partition))
            )
        for place, offset in zip(places, await acknowledged(sends), strict=True):
            marks[place] = max(marks.get(place, 0), offset + 1)
    return marks


class Waiting:
    """Follows llm.adjustments from offsets that were noted before the bookings were read, so that no decision is missed."""

    def __init__(self, broker: Broker, wishes: Sequence[Correction], since: Mapping[TopicPartition, int]) -> None:
        """Wait for the decisions on `wishes`."""
        self._broker = broker
        self._wishes = {adjustment_id(wish.replaces): wish for wish in wishes}
        self._positions = dict(since)
        self._decided: dict[UUID, bool] = {}

    async def until(self, marks: Mapping[TopicPartition, int], wait_s: float) -> Decided:
        """Return when all are decided or the time is over; a wish that the meter has read and not booked was refused."""
        deadline = time.monotonic() + wait_s
        while True:
            has_read_all = await self._has_read(marks)
            await self._look()
            missing = len(self._wishes) - len(self._decided)
            if missing == 0 or has_read_all or time.monotonic() > deadline:
                booked = sum(self._decided.values())
                refused = missing if has_read_all else 0
                return Decided(booked, len(self._decided) - booked, refused, missing - refused)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _has_read(self, marks: Mapping[TopicPartition, int]) -> bool:
        committed = await self._broker.admin.group_offsets(METER)
        return all(place in committed and committed[place].offset >= mark for place, mark in marks.items())

    async def _look(self) -> None:
        for place, start in self._positions.items():
            self._positions[place] = await read_all(self._broker, place, start, self._take)

    def _take(self, incoming: Incoming[Event]) -> None:
        wish, event = self._wishes.get(incoming.event_id), incoming.event
        if wish is not None and isinstance(event, Adjustment):
            ours, theirs = newest_line(wish.attempts), newest_line(event.attempts)
            is_as_asked = (ours.cost_usd, ours.price_version) == (theirs.cost_usd, theirs.price_version)
            self._decided.setdefault(incoming.event_id, is_as_asked)
