"""Outside calls: journaled before they are made, begun by no worker that stops, cut off only at the end."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.answers import Attempt, ModelAnswer
from schemas.requests import AdmittedRequest
from schemas.topics import MAX_RECORD_BYTES, TOPIC_OF
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import FencedError, LeaseLostError
from streaming.events.event_processing import RecordRejectedError
from streaming.events.publishing import Publisher
from streaming.handling import Incoming
from streaming.loops.calls import CallJournal, DispatchedEvent, InFlightCalls
from streaming.loops.journal import Floors, JournalView
from streaming.partitions.lease import Lease
from streaming.partitions.workers import WorkerAssignment
from tests.streaming.loops.bench import NOW, SEALER, example, ids, until

ATTEMPTS, ANSWERS = TOPIC_OF[Attempt].name, TOPIC_OF[ModelAnswer].name
EVENT_ID = UUID(int=7)
NOBODY: Any = None


def assigned(lease: Lease | None = None) -> WorkerAssignment:
    return WorkerAssignment(NOBODY, (TopicPartition("llm.requests.admitted", 0),), lease or Lease(60))


def journal(
    broker: MemoryBroker, owner: str = "router-a", assignment: WorkerAssignment | None = None
) -> CallJournal:
    record = Record("llm.requests.admitted", 0, 5, 0, None, b"{}")
    dispatched = DispatchedEvent(
        Incoming(example(AdmittedRequest), EVENT_ID, record, NOW), owner, (), assignment or assigned()
    )
    publisher = Publisher(broker.producer, group="router", sealer=SEALER)
    return CallJournal(publisher, dispatched, view(broker))


def view(broker: MemoryBroker) -> JournalView:
    return JournalView(broker.reader, ATTEMPTS, ANSWERS, 0)


async def test_an_entry_is_in_the_log_before_the_call_and_the_answer_ends_it(broker: MemoryBroker) -> None:
    calls, reading = journal(broker), view(broker)

    await calls.write(example(Attempt))
    await reading.refresh()
    is_open = [call.attempt for call in reading.past(EVENT_ID)] == [example(Attempt)]
    await calls.finish(example(ModelAnswer))
    await reading.refresh()

    assert is_open
    assert reading.is_finished(EVENT_ID)
    assert reading.past(EVENT_ID) == ()


async def test_a_worker_that_stops_begins_no_call_and_journals_the_further_ones(broker: MemoryBroker) -> None:
    stopping, going_on = assigned(), assigned()
    stopping.stopping.set()
    begun = journal(broker, assignment=going_on)
    await begun.write(example(Attempt))
    going_on.stopping.set()

    await begun.write(example(Attempt))

    with pytest.raises(FencedError, match="before the call"):
        await journal(broker, assignment=stopping).write(example(Attempt))
    assert len(broker.records(ATTEMPTS)) == 2


async def test_calls_and_answers_of_two_processes_have_different_ids_and_repeats_the_same(
    broker: MemoryBroker,
) -> None:
    for owner in ("router-a", "router-b", "router-a"):
        calls = journal(broker, owner)
        await calls.write(example(Attempt))
        await calls.finish(example(ModelAnswer))

    for topic in (ATTEMPTS, ANSWERS):
        first, other, repeated = ids(broker, topic)
        assert first == repeated != other


async def test_an_entry_is_offered_again_until_the_broker_takes_it(broker: MemoryBroker) -> None:
    broker.fail_sends(1)

    await journal(broker).write(example(Attempt))

    assert len(broker.records(ATTEMPTS)) == 1


async def test_a_process_that_lost_its_lease_journals_nothing(broker: MemoryBroker) -> None:
    now = [0.0]
    lease = Lease(10, clock=lambda: now[0])
    now[0] = 11.0

    with pytest.raises(LeaseLostError):
        await journal(broker, assignment=assigned(lease)).write(example(Attempt))

    assert broker.records(ATTEMPTS) == []


async def test_an_answer_that_no_record_holds_is_rejected_with_what_it_was(broker: MemoryBroker) -> None:
    answer: ModelAnswer = example(ModelAnswer)
    huge = answer.model_copy(update={"sealed": "x" * MAX_RECORD_BYTES})

    with pytest.raises(RecordRejectedError) as rejected:
        await journal(broker).finish(huge)

    assert (rejected.value.reason, rejected.value.oversized_output) == ("too_large", huge)


async def test_an_own_entry_and_answer_move_the_floors_from_which_to_read(broker: MemoryBroker) -> None:
    following = view(broker)
    publisher = Publisher(broker.producer, group="router", sealer=SEALER)
    record = Record("llm.requests.admitted", 0, 5, 0, None, b"{}")
    dispatched = DispatchedEvent(
        Incoming(example(AdmittedRequest), EVENT_ID, record, NOW), "a", (), assigned()
    )
    calls = CallJournal(publisher, dispatched, following)

    await calls.write(example(Attempt))
    await calls.write(example(Attempt))
    await calls.finish(example(ModelAnswer))

    assert following.floors_of(6) == Floors(2, 1)


async def test_a_call_is_known_while_it_is_in_flight_and_forgotten_after_it() -> None:
    calls, may_end, event_id = InFlightCalls(), asyncio.Event(), uuid4()

    async def call() -> None:
        await may_end.wait()
        raise ValueError("no answer")

    task = calls.start(event_id, call())
    known = calls.get(event_id)
    may_end.set()
    await until(lambda: calls.get(event_id) is None)

    assert known is task
    assert isinstance(task.exception(), ValueError)


async def test_the_end_of_a_process_waits_for_calls_and_cuts_off_what_lasts_longer() -> None:
    calls, ended = InFlightCalls(), list[str]()

    async def call(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(name)

    short = calls.start(uuid4(), call("short", 0.01))
    long = calls.start(uuid4(), call("long", 60))
    await calls.end(0.1)

    assert ended == ["short"]
    assert (short.cancelled(), long.cancelled()) == (False, True)
