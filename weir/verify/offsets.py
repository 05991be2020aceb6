"""Reads from Kafka how far `llm.requests` reaches, and which of its offsets hold no request."""

from dataclasses import dataclass

from schemas.topics import REQUESTS
from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition
from streaming.events.publishing import TICK_HEADER

MAX_READ_OFFSETS = 2_000


@dataclass(frozen=True, slots=True)
class RequestTopicOffsets:
    """For each partition of `llm.requests`: its end, and the offsets without a request from `read_from` on.

    Offsets below `read_from` are committed by the guard, which reports the skipped ones itself.
    """

    ends: tuple[int, ...]
    read_from: tuple[int, ...]
    without_request: tuple[tuple[int, ...], ...]


async def read_offsets(broker: Broker) -> RequestTopicOffsets:
    """Read the ends of `llm.requests`, and the offsets without a request after the guard's committed ones."""
    partitions = await _partitions(broker)
    committed = await broker.admin.group_offsets("guard")
    ends = await read_ends(broker)
    finished = [committed[partition].offset if partition in committed else 0 for partition in partitions]
    starts = [
        min(max(offset, await broker.reader.beginning(partition)), end)
        for partition, offset, end in zip(partitions, finished, ends, strict=True)
    ]
    without_request = [
        tuple(await _offsets_without_request(broker, partition, start, end))
        for partition, start, end in zip(partitions, starts, ends, strict=True)
    ]
    return RequestTopicOffsets(ends, tuple(starts), tuple(without_request))


async def read_ends(broker: Broker) -> tuple[int, ...]:
    """The end of each partition of `llm.requests`: the offset of its next record."""
    return tuple([await broker.reader.end(partition) for partition in await _partitions(broker)])


async def _partitions(broker: Broker) -> list[TopicPartition]:
    return [
        TopicPartition(REQUESTS.name, number)
        for number in range(await broker.reader.partitions(REQUESTS.name))
    ]


async def _offsets_without_request(
    broker: Broker, partition: TopicPartition, start: int, end: int
) -> list[int]:
    """The offsets of ticks, transaction markers and aborted records in a range."""
    without_request: list[int] = []
    for low in range(start, end, MAX_READ_OFFSETS):
        high = min(low + MAX_READ_OFFSETS, end)
        requests = {
            record.offset for record in await broker.reader.read(partition, low, high) if not _is_tick(record)
        }
        without_request += [offset for offset in range(low, high) if offset not in requests]
    return without_request


def _is_tick(record: Record) -> bool:
    return record.value is None and record.header(TICK_HEADER) is not None
