"""The state of a ledger from its log: the newest snapshot, then every decision after it, once."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.topics import kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher
from streaming.loops.rebuild import StateRebuilder
from streaming.partitions.lease import Lease
from streaming.state.snapshots import LedgerPartition, SnapshotLog
from tests.streaming.loops.bench import SEALER, example, put

OUTCOMES, EMPTY = "llm.completions", "llm.adjustments"


class Ids:
    """A state that is the ids of its decisions, in order."""

    def __init__(self, *numbers: int) -> None:
        self.ids = [UUID(int=number) for number in numbers]

    def fold(self, event: Event, event_id: UUID) -> None:
        self.ids.append(event_id)

    def dump(self) -> Sequence[str]:
        return [str(event_id) for event_id in self.ids]

    def load(self, pieces: Sequence[str]) -> None:
        self.ids = [UUID(piece) for piece in pieces]

    @property
    def numbers(self) -> list[int]:
        return [event_id.int for event_id in self.ids]


async def made() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker


def snapshots(broker: MemoryBroker) -> SnapshotLog:
    publisher = Publisher(broker.producer, group="meter", sealer=SEALER)
    return SnapshotLog(broker, publisher, Lease(60), LedgerPartition("meter", 0))


async def rebuilt(broker: MemoryBroker) -> tuple[list[int], dict[str, int]]:
    state = Ids()
    rebuilder = StateRebuilder("meter", 0, broker.reader, snapshots(broker))
    ends = await rebuilder.rebuild(state, [OUTCOMES, EMPTY])
    return state.numbers, dict(ends)


@given(decisions=st.integers(0, 6), in_snapshot=st.integers(0, 6))
def test_a_state_is_the_same_from_a_snapshot_at_any_offset(decisions: int, in_snapshot: int) -> None:
    async def check() -> None:
        broker = await made()
        for number in range(decisions):
            await put(broker, example(Completion), UUID(int=number))
        folded = min(in_snapshot, decisions)
        await snapshots(broker).write(Ids(*range(folded)), {OUTCOMES: folded})

        assert await rebuilt(broker) == (list(range(decisions)), {OUTCOMES: decisions, EMPTY: 0})

    asyncio.run(check())


async def test_decisions_are_read_also_without_a_snapshot_and_over_what_is_no_event() -> None:
    broker = await made()
    await put(broker, example(Completion), UUID(int=1))
    broker.append_marker(OUTCOMES, 0)
    await broker.append(OUTCOMES, b"odd", partition=0)
    await put(broker, example(Completion), UUID(int=2))

    assert await rebuilt(broker) == ([1, 2], {OUTCOMES: 4, EMPTY: 0})


async def test_a_snapshot_ahead_of_the_log_is_of_another_log_and_left_out() -> None:
    broker = await made()
    await put(broker, example(Completion), UUID(int=1))
    await snapshots(broker).write(Ids(7, 8, 9), {OUTCOMES: 3})

    numbers, _ = await rebuilt(broker)

    assert numbers == [1]


async def test_decisions_that_are_gone_are_missing_and_those_after_them_are_read() -> None:
    broker = await made()
    for number in range(4):
        await put(broker, example(Completion), UUID(int=number))
    await broker.admin.delete_before({TopicPartition(OUTCOMES, 0): 3})
    await snapshots(broker).write(Ids(0), {OUTCOMES: 1})

    assert await rebuilt(broker) == ([0, 3], {OUTCOMES: 4, EMPTY: 0})
