"""Reads from the stream what is booked now: completions and adjustments, as far back as the broker keeps them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from schemas.event import Event
from schemas.outcomes import BookedAttempt
from schemas.topics import ADJUSTMENTS, COMPLETIONS
from services.meter.domain.bookings import Bookings, Wanted
from services.meter.domain.corrections import decision_name
from streaming.broker import Broker
from streaming.errors import StreamingError
from streaming.handling import NAMESPACE, Incoming
from streaming.intake import Rejection, incoming_of
from streaming.records import Record, TopicPartition

READ_AT_ONCE = 2_000
FIRST_LOOK = 100
KEPT = timedelta(milliseconds=int(COMPLETIONS.config["retention.ms"]))


class HistoryGoneError(StreamingError):
    """Calls are asked for that the stream does not hold any more; the message says from when on it does."""


@dataclass(frozen=True, slots=True)
class Selection:
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


async def read_bookings(broker: Broker, is_wanted: Wanted) -> Bookings:
    """Fold the log into the current bookings of those calls that `is_wanted` keeps."""
    bookings = Bookings(is_wanted, adjustment_id)
    for topic in (COMPLETIONS.name, ADJUSTMENTS.name):
        for place in await places_of(broker, topic):
            await read_all(broker, place, await broker.reader.beginning(place), lambda incoming: bookings.take(incoming.event, incoming.event_id))
    return bookings


async def ends_of(broker: Broker, topic: str) -> Mapping[TopicPartition, int]:
    """The next offset of each partition."""
    return {place: await broker.reader.end(place) for place in await places_of(broker, topic)}


async def places_of(broker: Broker, topic: str) -> list[TopicPartition]:
    """All partitions of a topic."""
    return [TopicPartition(topic, number) for number in range(await broker.reader.partitions(topic))]


async def read_all(broker: Broker, place: TopicPartition, start: int, take: Callable[[Incoming[Event]], object]) -> int:
    """Hand over every event from an offset on; returns where the log ended. What is no event of its topic is passed over, as the meter does."""
    end = await broker.reader.end(place)
    for low in range(start, end, READ_AT_ONCE):
        for record in await broker.reader.read(place, low, min(low + READ_AT_ONCE, end)):
            incoming = _event_in(record)
            if incoming is not None:
                take(incoming)
    return end


def _event_in(record: Record) -> Incoming[Event] | None:
    try:
        return incoming_of(record)
    except Rejection:
        return None
