"""What Kafka's offsets say about the topic of requests: how far it reaches, and which of its offsets hold no request."""

from dataclasses import dataclass

from schemas.topics import REQUESTS
from streaming.broker import Broker
from streaming.publishing import TICK_HEADER
from streaming.records import Record, TopicPartition

READ_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Offsets:
    """By partition: where the log ends, how far the guard has come, and the offsets from there on that hold no request."""

    ends: tuple[int, ...]
    marks: tuple[int, ...]
    empty: tuple[tuple[int, ...], ...]


async def read_offsets(broker: Broker) -> Offsets:
    """Offsets below the guard's mark are accounted for by its own events; what lies beyond is read from the log."""
    places = await _places(broker)
    committed = await broker.admin.group_offsets("guard")
    ends = await read_ends(broker)
    marks = tuple(min(committed[place].offset, end) if place in committed else 0 for place, end in zip(places, ends, strict=True))
    empty = [tuple(await _empty(broker, place, mark, end)) for place, mark, end in zip(places, marks, ends, strict=True)]
    return Offsets(ends, marks, tuple(empty))


async def read_ends(broker: Broker) -> tuple[int, ...]:
    """The next offset of each partition."""
    return tuple([await broker.reader.end(place) for place in await _places(broker)])


async def _places(broker: Broker) -> list[TopicPartition]:
    return [TopicPartition(REQUESTS.name, number) for number in range(await broker.reader.partitions(REQUESTS.name))]


async def _empty(broker: Broker, place: TopicPartition, mark: int, end: int) -> list[int]:
    """Ticks on their way and markers of foreign transactions; an offset that retention has taken counts as a record."""
    empty: list[int] = []
    start = max(mark, await broker.reader.beginning(place))
    for low in range(start, end, READ_AT_ONCE):
        high = min(low + READ_AT_ONCE, end)
        requests = {record.offset for record in await broker.reader.read(place, low, high) if not _is_tick(record)}
        empty += [offset for offset in range(low, high) if offset not in requests]
    return empty


def _is_tick(record: Record) -> bool:
    return record.value is None and record.header(TICK_HEADER) is not None
