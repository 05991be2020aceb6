"""Blocks of a sink: one token for one range of offsets, waits while the store is down, refused rows apart."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import DependencyDownError, RowsRefusedError, StopServiceError
from streaming.events.event_processing import HandlerRunner
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter
from streaming.handling import Row
from streaming.loops.inserts import BlockInserter
from streaming.loops.rows import RecordWithRows, RowMaker
from streaming.partitions.lease import Lease
from streaming.partitions.workers import WorkerAssignment
from streaming.state.dedup import DedupWindow
from tests.streaming.loops.bench import SEALER, reasons

TOPIC = "llm.completions"
NOBODY: Any = None


class Store:
    """Keeps blocks by token; is down for some calls, and refuses rows that are marked."""

    def __init__(self, calls_down: int = 0, *, finds_refused: bool = True) -> None:
        self.blocks: dict[str, list[object]] = {}
        self._calls_down = calls_down
        self._finds_refused = finds_refused

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        if self._calls_down:
            self._calls_down -= 1
            raise DependencyDownError("the store does not answer")
        if any(row.get("refused") for row in rows):
            raise RowsRefusedError("a row does not fit")
        self.blocks[token] = [row["id"] for row in rows]

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        return [index for index, row in enumerate(rows) if row.get("refused") and self._finds_refused]

    async def check(self) -> None:
        return None


def inserter(broker: MemoryBroker, store: Store) -> BlockInserter:
    publisher = Publisher(broker.producer, group="sink", sealer=SEALER)
    letters = DeadLetterWriter[object](publisher, "sink", {})
    maker = RowMaker("sink", {}, {}, HandlerRunner("sink"), letters, DedupWindow(10))
    return BlockInserter(
        "sink", store, maker, WorkerAssignment(NOBODY, (TopicPartition(TOPIC, 3),), Lease(60))
    )


def made(offset: int, *tables: str, refused: bool = False) -> RecordWithRows:
    rows = {table: [{"id": offset, "refused": refused}] for table in tables}
    return RecordWithRows(Record(TOPIC, 3, offset, 0, None, b"{}"), rows)


async def test_each_table_has_one_block_named_by_its_range_of_offsets(broker: MemoryBroker) -> None:
    store = Store()

    await inserter(broker, store).insert([made(4, "a", "b"), made(6, "a"), made(7)], range(4, 8))

    assert store.blocks == {f"a:{TOPIC}:3:4-8": [4, 6], f"b:{TOPIC}:3:4-8": [4]}


async def test_a_store_that_is_down_is_waited_for_and_gets_the_same_block(broker: MemoryBroker) -> None:
    store = Store(calls_down=1)

    await inserter(broker, store).insert([made(4, "a")], range(4, 5))

    assert store.blocks == {f"a:{TOPIC}:3:4-5": [4]}


async def test_a_worker_that_stops_does_not_wait_for_its_store(broker: MemoryBroker) -> None:
    inserting = inserter(broker, Store(calls_down=9))
    inserting.assignment.stopping.set()

    with pytest.raises(DependencyDownError):
        await asyncio.wait_for(inserting.insert([made(4, "a")], range(4, 5)), 0.5)


async def test_a_refused_row_takes_its_record_out_of_the_block_and_its_neighbours_are_stored(
    broker: MemoryBroker,
) -> None:
    store, block = Store(), [made(4, "a", "b"), made(5, "b", refused=True), made(6, "b")]

    await inserter(broker, store).insert(block, range(4, 7))

    assert store.blocks == {f"a:{TOPIC}:3:4-7": [4], f"b:{TOPIC}:3:4-7": [4, 6]}
    assert [left.record.offset for left in block] == [4, 6]
    assert reasons(broker, f"{TOPIC}.dlq") == ["row_refused"]


async def test_a_block_of_which_every_row_is_refused_is_no_block(broker: MemoryBroker) -> None:
    store, block = Store(), [made(4, "a", refused=True)]

    await inserter(broker, store).insert(block, range(4, 5))

    assert (store.blocks, block) == ({}, [])


async def test_a_refusal_of_rows_that_cannot_be_told_ends_the_process(broker: MemoryBroker) -> None:
    with pytest.raises(StopServiceError, match="does not fit"):
        await inserter(broker, Store(finds_refused=False)).insert([made(4, "a", refused=True)], range(4, 5))

    assert reasons(broker, f"{TOPIC}.dlq") == []
