"""What Kafka's offsets say about the topic of requests: how far it reaches, and which of its offsets hold no request."""

from dataclasses import dataclass

from schemas.topics import REQUESTS
from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.events.publishing import TICK_HEADER

MAX_READ_OFFSETS = 2_000


@dataclass(frozen=True, slots=True)
class RequestTopicOffsets:
    """By partition: where the log ends, from where on it was read, and which of the offsets from there on hold no request."""

    ends: tuple[int, ...]
    read_from: tuple[int, ...]
    without_request: tuple[tuple[int, ...], ...]


async def read_offsets(broker: Broker) -> RequestTopicOffsets:
    """What the guard has committed is accounted for by its own events; what lies beyond is read from the log."""
    places = await _partitions(broker)
    committed = await broker.admin.group_offsets("guard")
    ends = await read_ends(broker)
    marks = [committed[place].offset if place in committed else 0 for place in places]
    starts = [
        min(max(mark, await broker.reader.beginning(place)), end)
        for place, mark, end in zip(places, marks, ends, strict=True)
    ]
    empty = [
        tuple(await _offsets_without_request(broker, place, start, end))
        for place, start, end in zip(places, starts, ends, strict=True)
    ]
    return RequestTopicOffsets(ends, tuple(starts), tuple(empty))


async def read_ends(broker: Broker) -> tuple[int, ...]:
    """The next offset of each partition."""
    return tuple([await broker.reader.end(place) for place in await _partitions(broker)])


async def _partitions(broker: Broker) -> list[TopicPartition]:
    return [
        TopicPartition(REQUESTS.name, number)
        for number in range(await broker.reader.partitions(REQUESTS.name))
    ]


async def _offsets_without_request(broker: Broker, place: TopicPartition, start: int, end: int) -> list[int]:
    """Ticks on their way, and markers of foreign transactions."""
    empty: list[int] = []
    for low in range(start, end, MAX_READ_OFFSETS):
        high = min(low + MAX_READ_OFFSETS, end)
        requests = {
            record.offset for record in await broker.reader.read(place, low, high) if not _is_tick(record)
        }
        empty += [offset for offset in range(low, high) if offset not in requests]
    return empty


def _is_tick(record: Record) -> bool:
    return record.value is None and record.header(TICK_HEADER) is not None
