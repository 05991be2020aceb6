"""Snapshots: the newest complete one is loaded, wherever their writers died or were suspended."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.topics import ACCOUNTS, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import LeaseLostError
from streaming.events.publishing import Publisher
from streaming.partitions.lease import Lease
from streaming.seal.seal import Sealer, new_key
from streaming.state.snapshots import LedgerPartition, SnapshotLog

SEALER = Sealer.from_text(new_key())
ACCOUNTS_PARTITION = TopicPartition(ACCOUNTS.name, 0)


class Pieces:
    """A state that is its pieces."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = list(pieces)

    def fold(self, event: Event, event_id: UUID) -> None:
        raise NotImplementedError

    def dump(self) -> Sequence[str]:
        return self.pieces

    def load(self, pieces: Sequence[str]) -> None:
        self.pieces = list(pieces)


class SteppedProducer:
    """Passes on sends, and suspends the writer before a given one, as SIGSTOP does."""

    def __init__(self, broker: MemoryBroker, freeze_at: int | None = None) -> None:
        self._broker = broker
        self._freeze_at = freeze_at
        self.sent = 0
        self.is_frozen, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def send(self, record: OutboundRecord) -> "asyncio.Future[int]":
        if self.sent == self._freeze_at:
            self.is_frozen.set()
            await self.may_go_on.wait()
        self.sent += 1
        return await self._broker.producer.send(record)

    async def append(self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]) -> Any:
        raise NotImplementedError


@pytest.fixture
async def broker() -> MemoryBroker:
    return await made()


async def made() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker


def owner(broker: MemoryBroker, producer: Any = None, lease: Lease | None = None) -> SnapshotLog:
    return SnapshotLog(
        broker,
        Publisher(producer or broker.producer, group="meter", sealer=SEALER),
        lease or Lease(60),
        LedgerPartition("meter", 0),
    )


async def loaded(broker: MemoryBroker) -> tuple[list[str], int]:
    state = Pieces()
    folded = await owner(broker).load_into(state)
    return state.pieces, folded.get("out", -1)


async def written(broker: MemoryBroker, offset: int, *pieces: str) -> SnapshotLog:
    snapshots = owner(broker)
    await snapshots.load_into(Pieces())
    await snapshots.write(Pieces(*pieces), {"out": offset})
    return snapshots


def keys_that_stand(broker: MemoryBroker) -> set[bytes | None]:
    """What compaction would leave: the newest record of each key, without tombstones."""
    newest = {record.key: record.value for record in broker.records(ACCOUNTS.name)}
    return {key for key, value in newest.items() if value is not None}


async def test_the_newest_snapshot_is_loaded_with_its_offsets(broker: MemoryBroker) -> None:
    await written(broker, 3, "a", "b")
    await written(broker, 7, "c", "d", "é")
    assert await loaded(broker) == (["c", "d", "é"], 7)


async def test_without_a_snapshot_nothing_is_loaded(broker: MemoryBroker) -> None:
    assert await loaded(broker) == ([], -1)


async def test_two_snapshots_stay_and_older_ones_are_deleted(broker: MemoryBroker) -> None:
    snapshots = await written(broker, 1, "a", "b", "c")
    for offset in (2, 3, 4):
        await snapshots.write(Pieces("x", str(offset)), {"out": offset})
    again = await written(broker, 5, "y")
    assert len(keys_that_stand(broker)) == 3 + 2
    await again.write(Pieces("z"), {"out": 6})
    assert len(keys_that_stand(broker)) == 2 + 2
    assert await loaded(broker) == (["z"], 6)


@pytest.mark.parametrize("steps", range(8))
async def test_a_writer_that_dies_at_any_step_leaves_the_last_snapshot_and_its_rest_is_swept(
    broker: MemoryBroker, steps: int
) -> None:
    await written(broker, 1, "old")
    await written(broker, 2, "before")
    producer = SteppedProducer(broker, freeze_at=steps)
    dying = owner(broker, producer)
    await dying.load_into(Pieces())
    task = asyncio.create_task(dying.write(Pieces("p0", "p1", "p2"), {"out": 3}))
    await asyncio.wait(
        [task, asyncio.create_task(producer.is_frozen.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await loaded(broker) == ((["p0", "p1", "p2"], 3) if steps > 3 else (["before"], 2))
    successor = await written(broker, 4, "next")
    await successor.write(Pieces("after"), {"out": 5})
    assert len(keys_that_stand(broker)) == 4
    assert await loaded(broker) == (["after"], 5)


@settings(deadline=None)
@given(
    freeze_at=st.integers(0, 12),
    successors=st.integers(0, 4),
    dies_at=st.none() | st.integers(0, 8),
    compacts=st.booleans(),
)
def test_a_frozen_former_owner_that_goes_on_never_hurts(
    freeze_at: int, successors: int, dies_at: int | None, compacts: bool
) -> None:
    asyncio.run(_thaw(freeze_at, successors, dies_at, compacts))


async def _thaw(freeze_at: int, successors: int, dies_at: int | None, compacts: bool) -> None:
    """A former owner is suspended before a send, others take over, then it continues without a check."""
    broker = await made()
    true = {1: ["one"], 2: ["two", "2"]}
    for offset, pieces in true.items():
        await written(broker, offset, *pieces)
    producer = SteppedProducer(broker, freeze_at)
    former = owner(broker, producer)
    await former.load_into(Pieces())
    true[3] = ["p0", "p1", "p2"]
    thawing = asyncio.create_task(former.write(Pieces(*true[3]), {"out": 3}))
    await asyncio.wait(
        [thawing, asyncio.create_task(producer.is_frozen.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    for number in range(successors):
        true[10 + number] = [f"s{number}", "x"]
        await written(broker, 10 + number, *true[10 + number])
    dying = SteppedProducer(broker, dies_at)
    if dies_at is not None:
        last = owner(broker, dying)
        await last.load_into(Pieces())
        true[20] = ["l0", "l1"]
        task = asyncio.create_task(last.write(Pieces(*true[20]), {"out": 20}))
        await asyncio.wait(
            [task, asyncio.create_task(dying.is_frozen.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    producer.may_go_on.set()
    await thawing
    if compacts:
        broker.compact(ACCOUNTS.name)

    pieces, offset = await loaded(broker)

    assert offset >= 2
    assert true[offset] == pieces


async def test_an_owner_that_lost_its_lease_writes_no_further_piece(broker: MemoryBroker) -> None:
    now = [0.0]
    producer = SteppedProducer(broker, freeze_at=2)
    frozen = owner(broker, producer, Lease(10, clock=lambda: now[0]))
    task = asyncio.create_task(frozen.write(Pieces("p0", "p1", "p2", "p3"), {"out": 1}))
    await producer.is_frozen.wait()
    now[0] = 11.0
    producer.may_go_on.set()
    with pytest.raises(LeaseLostError):
        await task
    assert len(broker.records(ACCOUNTS.name)) == 3


async def test_a_damaged_snapshot_does_not_count(broker: MemoryBroker) -> None:
    await written(broker, 1, "good")
    await written(broker, 2, "bad", "worse")
    (chunk,) = [record for record in broker.records(ACCOUNTS.name) if b'"worse"' in (record.value or b"")]
    value = (chunk.value or b"").replace(b'"worse"', b'"other"')
    await (await broker.producer.send(OutboundRecord(ACCOUNTS.name, chunk.key, value, chunk.headers, 0)))
    assert await loaded(broker) == (["good"], 1)


@pytest.mark.parametrize("fault", ["no state", "ahead", "absurd"])
async def test_a_snapshot_that_no_ledger_has_written_is_left_out_for_an_older_one(
    broker: MemoryBroker, fault: str
) -> None:
    await owner(broker).write(Pieces("true"), {"out": 3})
    await owner(broker).write(Pieces("forged"), {"out": 2**62 if fault == "ahead" else 4})

    class Strict(Pieces):
        def load(self, pieces: Sequence[str]) -> None:
            if fault == "no state" and "forged" in pieces:
                raise ValueError("no state of ours")
            super().load(pieces)

    if fault == "absurd":
        chunk = {
            "ledger": "meter",
            "partition": 0,
            "generation": 77,
            "index": 2**53 - 1,
            "body": "x",
            "digest": "x",
        }
        await broker.append(
            ACCOUNTS.name,
            orjson.dumps(chunk),
            (("ce_type", b"weir.ledger.snapshot.chunk.v1"),),
            key=b"absurd",
            partition=0,
        )
    state, again = Strict(), owner(broker)
    folded = await again.load_into(state, {"out": 10})
    await again.write(Pieces("next"), {"out": 5})

    assert (state.pieces, folded["out"]) == ((["forged"], 4) if fault == "absurd" else (["true"], 3))
    assert await loaded(broker) == (["next"], 5)
