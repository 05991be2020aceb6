"""Batches of a stage: bounded in bytes, in the order of the log."""

import pytest

from streaming.brokers.records import Record
from streaming.loops.batches import batches_of_bounded_bytes


def record(offset: int, size: int | None) -> Record:
    return Record("llm.requests", 0, offset, 0, None, None if size is None else b"x" * size)


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([], []),
        ([4, 6], [[0, 1]]),
        ([4, 7], [[0], [1]]),
        ([11], [[0]]),
        ([11, 1, 11], [[0], [1], [2]]),
        ([None, 10, None], [[0, 1, 2]]),
    ],
)
def test_a_batch_holds_ten_bytes_or_a_single_record(
    sizes: list[int | None], batches: list[list[int]]
) -> None:
    records = [record(offset, size) for offset, size in enumerate(sizes)]

    cut = batches_of_bounded_bytes(records, 10)

    assert [[record.offset for record in batch] for batch in cut] == batches
