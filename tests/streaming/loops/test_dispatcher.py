"""The dispatcher loop: no call outside the journal, none repeated that has an answer or a living owner."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from schemas.answers import Attempt, ModelAnswer
from schemas.event import Event
from schemas.requests import AdmittedRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.handling import DeadLetteredRecord, Incoming, Journal
from streaming.loops.dispatcher import Dispatcher
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import SEALER, example, killed, put, running, until


class Calling:
    """A router whose calls last as long as the test wants."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.calls: list[tuple[str, int]] = []

    async def call(self, incoming: Incoming[AdmittedRequest], journal: Journal) -> Event:
        request = incoming.event.request
        attempt: Attempt = example(Attempt)
        entry = {
            "attempt_id": uuid4(),
            "owner": journal.owner,
            "deadline": datetime.now(UTC) + timedelta(seconds=60),
        }
        await journal.write(attempt.model_copy(update=entry))
        self.calls.append((request.request_id, len(journal.past)))
        await self.open.wait()
        answer: ModelAnswer = example(ModelAnswer)
        return answer.model_copy(update={"request": request})


def dispatcher(calling: Calling) -> Dispatcher:
    return Dispatcher(
        "router", AdmittedRequest, calling.call, Attempt, ModelAnswer, 50, SEALER, f"router-{uuid4().hex[:6]}"
    )


def admitted(request_id: str) -> AdmittedRequest:
    event: AdmittedRequest = example(AdmittedRequest)
    return event.model_copy(update={"request": event.request.model_copy(update={"request_id": request_id})})


async def test_calls_run_side_by_side_and_a_finished_one_is_not_made_again(broker: MemoryBroker) -> None:
    calling = Calling()
    for number in range(5):
        await put(broker, admitted(f"r{number}"))
    async with running(dispatcher(calling), broker) as task:
        await until(lambda: len(calling.calls) == 5, task)
        assert broker.records("llm.answers") == []
        calling.open.set()
        await until(lambda: len(broker.records("llm.answers")) == 5, task)
    broker.delete_committed_offsets("router")
    async with running(dispatcher(calling), broker) as again:
        await put(broker, admitted("r5"))
        await until(lambda: len(broker.records("llm.answers")) == 6, again)
    assert sorted(calling.calls) == [(f"r{number}", 0) for number in range(6)]


async def test_a_call_that_a_dead_process_left_open_is_made_again_with_its_past(broker: MemoryBroker) -> None:
    calling = Calling()
    await put(broker, admitted("r0"))
    dead = asyncio.create_task(dispatcher(calling).run(broker, Lease(10.0), asyncio.Event()))
    await until(lambda: len(calling.calls) == 1, dead)
    await killed(dead)
    calling.open.set()
    async with running(dispatcher(calling), broker) as task:
        await until(lambda: len(broker.records("llm.answers")) >= 1, task)
    assert calling.calls == [("r0", 0), ("r0", 1)]
    assert len(broker.records("llm.attempts")) == 2


async def test_a_call_of_a_living_owner_is_waited_for_after_a_rebalance(broker: MemoryBroker) -> None:
    calling = Calling()
    await put(broker, admitted("r0"))
    async with running(dispatcher(calling), broker) as first:
        await until(lambda: len(calling.calls) == 1, first)
        async with running(dispatcher(calling), broker) as second:
            await asyncio.sleep(0.5)
            calling.open.set()
            await until(lambda: len(broker.records("llm.answers")) == 1, second)
            await asyncio.sleep(0.7)
    assert calling.calls == [("r0", 0)]
    assert len(broker.records("llm.answers")) == 1


async def test_an_answer_larger_than_a_record_closes_its_request_and_is_not_bought_again(
    broker: MemoryBroker,
) -> None:
    calls: list[str] = []

    async def call(incoming: Incoming[AdmittedRequest], journal: Journal) -> Event:
        attempt: Attempt = example(Attempt)
        await journal.write(attempt.model_copy(update={"attempt_id": uuid4(), "owner": journal.owner}))
        calls.append(incoming.event.request.request_id)
        answer: ModelAnswer = example(ModelAnswer)
        sealed = "x" * (9_000_000 if incoming.event.request.request_id == "huge" else 10)
        return answer.model_copy(update={"request": incoming.event.request, "sealed": sealed})

    def close(unhandled: DeadLetteredRecord) -> Event:
        assert isinstance(unhandled.oversized_output, ModelAnswer)
        return unhandled.oversized_output.model_copy(
            update={"status": "failed", "sealed": None, "error": unhandled.error()}
        )

    for request_id in ("huge", "good"):
        await put(broker, admitted(request_id))
    loop = Dispatcher("router", AdmittedRequest, call, Attempt, ModelAnswer, 50, SEALER, "router-1", close)
    async with running(loop, broker) as task:
        await until(lambda: len(broker.records("llm.answers")) == 2, task)
    broker.delete_committed_offsets("router")
    async with running(loop, broker) as again:
        await put(broker, admitted("later"))
        await until(lambda: len(broker.records("llm.answers")) == 3, again)

    assert sorted(calls) == ["good", "huge", "later"]
    statuses = [
        ModelAnswer.model_validate_json(record.value or b"").status
        for record in broker.records("llm.answers")
    ]
    assert sorted(statuses) == ["answered", "answered", "failed"]
    assert [letter.header("weir-reason") for letter in broker.records("llm.requests.admitted.dlq")] == [
        b"too_large"
    ]
