"""The sink loop: each event is stored once, whatever repeats."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from schemas.outcomes import Completion
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.errors import DependencyDownError, RowsRefusedError
from streaming.handling import Incoming, Row
from streaming.loops.sink import Sink
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import SEALER, example, killed, put, running, until


class BlockStore:
    """A row store that drops a repeated token, and can fail before or after it stores a block."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[Row]] = {}
        self.tokens: list[str] = []
        self.fail_after_storing = 0
        self.refused: set[object] = set()

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        self.tokens.append(token)
        if await self.find_refused(table, rows):
            raise RowsRefusedError("the store does not take a row")
        self.blocks.setdefault(token, list(rows))
        if self.fail_after_storing:
            self.fail_after_storing -= 1
            raise DependencyDownError("the store went away after it had stored the block")

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        del table
        return [index for index, row in enumerate(rows) if row["id"] in self.refused]

    async def check(self) -> None:
        return None

    @property
    def rows(self) -> list[Any]:
        return [row["id"] for rows in self.blocks.values() for row in rows]


def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
    return {"completions": [{"id": str(incoming.event_id)}]}


def letters_of(record: Record) -> Mapping[str, Sequence[Row]]:
    return {"dead_letters": [{"id": record.offset}]}


def sink(store: BlockStore, window: int = 100) -> Sink:
    return Sink(
        "sink",
        {Completion: rows_of},
        {"llm.requests.dlq": letters_of},
        store,
        SEALER,
        f"sink-{uuid4().hex[:6]}",
        window,
    )


async def test_a_sink_stores_each_event_once_though_blocks_and_records_repeat(broker: MemoryBroker) -> None:
    store, event_ids = BlockStore(), [uuid5(UUID(int=0), str(number)) for number in range(20)]
    for event_id in (*event_ids, *event_ids[5:10]):
        await put(broker, example(Completion), event_id)
    store.fail_after_storing = 1
    async with running(sink(store), broker) as task:
        await until(lambda: len(store.rows) == 20 and len(store.tokens) >= 2, task)
    assert sorted(store.rows) == sorted(str(event_id) for event_id in event_ids)
    assert len(set(store.tokens)) == 1


async def test_the_next_owner_finishes_exactly_the_block_that_was_declared(broker: MemoryBroker) -> None:
    store = BlockStore()
    for number in range(10):
        await put(broker, example(Completion), uuid5(UUID(int=0), str(number)))
    store.fail_after_storing = 10_000
    dead = asyncio.create_task(sink(store).run(broker, Lease(10.0), asyncio.Event()))
    await until(lambda: bool(store.tokens), dead)
    await killed(dead)
    (token,) = set(store.tokens)
    for number in range(10, 15):
        await put(broker, example(Completion), uuid5(UUID(int=0), str(number)))
    store.fail_after_storing = 0
    async with running(sink(store), broker) as task:
        await until(lambda: len(store.rows) == 15, task)
    assert token in store.tokens[1:]
    assert len(set(store.rows)) == 15


async def test_dead_letters_are_stored_too(broker: MemoryBroker) -> None:
    store = BlockStore()
    await broker.append("llm.requests.dlq", b"sealed", (("ce_id", str(uuid4()).encode()),))
    async with running(sink(store), broker) as task:
        await until(lambda: len(store.rows) == 1, task)


async def test_a_row_that_the_store_never_takes_is_a_dead_letter_and_its_neighbours_are_stored(
    broker: MemoryBroker,
) -> None:
    store, event_ids = BlockStore(), [uuid5(UUID(int=1), str(number)) for number in range(20)]
    store.refused = {str(event_ids[3]), str(event_ids[11])}
    for event_id in event_ids:
        await put(broker, example(Completion), event_id)
    async with running(sink(store), broker) as task:
        await until(lambda: len(store.rows) == 18 and len(broker.records("llm.completions.dlq")) == 2, task)
    assert sorted(store.rows) == sorted(
        str(event_id) for event_id in event_ids if str(event_id) not in store.refused
    )
    assert [letter.header("weir-reason") for letter in broker.records("llm.completions.dlq")] == [
        b"row_refused"
    ] * 2


async def test_dead_letters_of_foreign_make_and_records_that_are_no_events_stop_no_sink(
    broker: MemoryBroker,
) -> None:
    def odd_letters(record: Record) -> Mapping[str, Sequence[Row]]:
        if record.value == b"odd":
            raise ValueError("odd")
        return letters_of(record)

    store = BlockStore()
    for value in (b"odd", b"good"):
        await broker.append("llm.requests.dlq", value)
    for value in (b"{", b"[]", None):
        await broker.append("llm.completions", value, (("ce_type", Completion.TYPE.encode()),), partition=0)
    await put(broker, example(Completion), UUID(int=7))
    loop = Sink(
        "sink", {Completion: rows_of}, {"llm.requests.dlq": odd_letters}, store, SEALER, "sink-odd", 100
    )
    async with running(loop, broker) as task:
        await until(lambda: len(store.rows) == 2, task)
        await until(lambda: len(broker.records("llm.completions.dlq")) == 3, task)
    assert sorted(map(str, store.rows)) == [str(UUID(int=7)), "1"]
