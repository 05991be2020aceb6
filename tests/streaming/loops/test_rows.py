"""Rows of a sink: each event once, a record without rows is a letter, a letter without rows stays."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.events.event_processing import HandlerRunner
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter
from streaming.handling import Incoming, Row
from streaming.loops.rows import RecordWithRows, RowMaker
from streaming.partitions.commit_envelope import CommitMetadata
from streaming.partitions.permits import ExecutionLock
from streaming.partitions.quarantine import POISON_DEATHS, Quarantine
from streaming.state.dedup import DedupWindow
from tests.streaming.loops.bench import SEALER, example, reasons

OUTCOMES, LETTERS = "llm.completions", "llm.requests.dlq"


def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
    if incoming.event_id.int == 13:
        raise KeyError("secret")
    return {"completions": [{"id": incoming.event_id.int}]}


def letters_of(record: Record) -> Mapping[str, Sequence[Row]]:
    if record.value == b"odd":
        raise ValueError("odd")
    return {"dead_letters": [{"id": record.offset}]}


def maker(broker: MemoryBroker, *, handles_outcomes: bool = True) -> RowMaker:
    publisher = Publisher(broker.producer, group="sink", sealer=SEALER)
    return RowMaker(
        "sink",
        {Completion: rows_of} if handles_outcomes else {},
        {LETTERS: letters_of},
        HandlerRunner("sink"),
        DeadLetterWriter[object](publisher, "sink", {}),
        DedupWindow(100),
    )


def outcome(offset: int, event_id: int, value: bytes | None = None) -> Record:
    completion: Completion = example(Completion)
    headers = (("ce_type", Completion.TYPE.encode()), ("ce_id", str(UUID(int=event_id)).encode()))
    return Record(OUTCOMES, 0, offset, 0, None, value or completion.model_dump_json().encode(), headers)


async def nothing() -> None:
    return None


def quarantine(**deaths: int) -> Quarantine:
    counted = {int(offset.removeprefix("at_")): count for offset, count in deaths.items()}
    return Quarantine(CommitMetadata(deaths=counted), ExecutionLock(), 100, 0)


def ids(made: Sequence[RecordWithRows]) -> list[tuple[int, object]]:
    return [(one.record.offset, row["id"]) for one in made for rows in one.rows.values() for row in rows]


async def test_an_event_that_is_delivered_again_has_no_rows(broker: MemoryBroker) -> None:
    making = maker(broker)

    first = await making.rows_of([outcome(0, 7), outcome(1, 8), outcome(2, 7)], quarantine(), nothing)
    second = await making.rows_of([outcome(3, 8), outcome(4, 9)], quarantine(), nothing)

    assert ids(first) + ids(second) == [(0, 7), (1, 8), (4, 9)]
    assert reasons(broker, f"{OUTCOMES}.dlq") == []


async def test_a_record_whose_rows_cannot_be_made_is_a_letter_and_its_neighbours_have_rows(
    broker: MemoryBroker,
) -> None:
    records = [outcome(0, 7), outcome(1, 13), outcome(2, 8, b"{"), outcome(3, 9)]

    made = await maker(broker).rows_of(records, quarantine(), nothing)

    assert ids(made) == [(0, 7), (3, 9)]
    assert reasons(broker, f"{OUTCOMES}.dlq") == ["unexpected_error", "invalid_event"]


async def test_a_letter_is_stored_as_it_is_and_an_odd_one_makes_no_letter_of_its_own(
    broker: MemoryBroker,
) -> None:
    records = [Record(LETTERS, 0, 0, 0, None, b"sealed"), Record(LETTERS, 0, 1, 0, None, b"odd")]

    made = await maker(broker).rows_of(records, quarantine(), nothing)

    assert ids(made) == [(0, 0)]
    assert broker.records(LETTERS) == []


async def test_an_event_that_nothing_stores_is_passed_without_rows(broker: MemoryBroker) -> None:
    (made,) = await maker(broker, handles_outcomes=False).rows_of([outcome(0, 7)], quarantine(), nothing)

    assert made.rows == {}


@pytest.mark.parametrize(
    ("deaths", "stored"), [(POISON_DEATHS - 1, [(0, 7), (1, 8)]), (POISON_DEATHS, [(0, 7)])]
)
async def test_poison_is_a_letter_and_is_not_even_decoded(
    broker: MemoryBroker, deaths: int, stored: list[tuple[int, int]]
) -> None:
    made = await maker(broker).rows_of([outcome(0, 7), outcome(1, 8)], quarantine(at_1=deaths), nothing)

    assert ids(made) == stored
    assert reasons(broker, f"{OUTCOMES}.dlq") == ["poison"] * (2 - len(stored))
