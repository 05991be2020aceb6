"""Reads from the stream what is booked now: completions and adjustments, as far back as the broker keeps them."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.topics import ADJUSTMENTS, COMPLETIONS
from services.meter.domain.settlement.bookings import Bookings, Wanted
from services.meter.domain.settlement.corrections import CurrentBooking, decision_name
from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import StreamingError
from streaming.events.event_processing import RecordRejectedError, incoming_of
from streaming.handling import NAMESPACE, Incoming

READ_AT_ONCE = 1_000
FIRST_LOOK = 100
KEPT = timedelta(milliseconds=int(COMPLETIONS.config["retention.ms"]))


class HistoryGoneError(StreamingError):
    """Calls are asked for that the stream does not hold any more; the message says from when on it does."""


@dataclass(frozen=True, slots=True)
class CallSelection:
    """Which calls: started in `since <= start < until`, of one tenant and one `provider/model` where these are given."""

    since: datetime
    until: datetime
    tenant: str | None = None
    model: str | None = None

    def wants(self, tenant: str, line: BookedAttempt) -> bool:
        """Whether a line's call is selected."""
        result = line.result
        is_named = self.tenant in {None, tenant} and self.model in {None, f"{result.provider}/{result.model}"}
        return is_named and self.since <= result.started_at < self.until


def adjustment_id(booking_id: UUID) -> UUID:
    """The id of the one adjustment that may replace a booking."""
    return uuid5(NAMESPACE, decision_name(booking_id))


async def held_since(broker: Broker, now: datetime) -> datetime | None:
    """From when on the stream holds every completion; None where nothing was ever deleted."""
    found: list[datetime] = []
    for place in await places_of(broker, COMPLETIONS.name):
        begin, end = await broker.reader.beginning(place), await broker.reader.end(place)
        if begin > 0:
            first = await broker.reader.read(place, begin, min(begin + FIRST_LOOK, end))
            found.append(first[0].moment if first else now - KEPT)
    return max(found, default=None)


async def check_history(broker: Broker, selected_since: datetime) -> None:
    """Raise HistoryGoneError where the stream does not hold all calls from that moment on."""
    since = await held_since(broker, datetime.now(UTC))
    if since is not None and selected_since < since:
        msg = (
            f"the stream holds completions from {since.isoformat()} on, and {selected_since.isoformat()} lies before it: "
            "ask from then on; older calls keep their price"
        )
        raise HistoryGoneError(msg)


async def current_bookings(broker: Broker, is_wanted: Wanted) -> AsyncGenerator[list[CurrentBooking]]:
    """Give what is booked now for each call that `is_wanted` keeps, in parts that fit the memory."""
    bookings = Bookings(is_wanted, adjustment_id)
    async for part in _events(broker, ADJUSTMENTS.name):
        for incoming in part:
            if isinstance(incoming.event, Adjustment):
                bookings.add(incoming.event, incoming.event_id)
    async for part in _events(broker, COMPLETIONS.name):
        yield [
            current
            for incoming in part
            if isinstance(incoming.event, Completion)
            for current in bookings.of(incoming.event)
        ]
    yield list(bookings.late())


async def _events(broker: Broker, topic: str) -> AsyncGenerator[list[Incoming[Event]]]:
    for place in await places_of(broker, topic):
        async for part in events_from(broker, place, await broker.reader.beginning(place)):
            yield part


async def ends_of(broker: Broker, topic: str) -> Mapping[TopicPartition, int]:
    """The next offset of each partition."""
    return {place: await broker.reader.end(place) for place in await places_of(broker, topic)}


async def places_of(broker: Broker, topic: str) -> list[TopicPartition]:
    """All partitions of a topic."""
    return [TopicPartition(topic, number) for number in range(await broker.reader.partitions(topic))]


async def events_from(
    broker: Broker, place: TopicPartition, start: int
) -> AsyncGenerator[list[Incoming[Event]]]:
    """Give the events from an offset up to the log's end in parts; what is no event of its topic is passed over."""
    end = await broker.reader.end(place)
    for low in range(start, end, READ_AT_ONCE):
        records = await broker.reader.read(place, low, min(low + READ_AT_ONCE, end))
        yield [incoming for record in records if (incoming := _event_in(record)) is not None]


def _event_in(record: Record) -> Incoming[Event] | None:
    try:
        return incoming_of(record)
    except RecordRejectedError:
        return None
