"""Batches of records that a stage handles together, bounded in bytes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from streaming.brokers.records import Record


@dataclass(slots=True, eq=False)
class HandledBatch:
    """Records that were started together: the offset after them, and how much of them is unfinished."""

    end: int
    records_left: int
    bytes_left: int
    task: "asyncio.Task[None]" = field(init=False)


def batches_of_bounded_bytes(records: Sequence[Record], max_bytes: int) -> Iterator[Sequence[Record]]:
    """Cut records into batches whose values hold at most `max_bytes`, or that hold a single record."""
    batch: list[Record] = []
    batch_bytes = 0
    for record in records:
        if batch and batch_bytes + value_bytes(record) > max_bytes:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(record)
        batch_bytes += value_bytes(record)
    if batch:
        yield batch


def value_bytes(record: Record) -> int:
    """The size of a record's value."""
    return len(record.value or b"")
