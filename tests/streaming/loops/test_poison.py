"""Poison in every loop: a dead letter after two ends while it was handled alone, its request closed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from schemas.answers import Attempt, ModelAnswer
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.handling import DeadLetteredRecord, Incoming, Journal, LedgerDecision, Row
from streaming.loops.dispatcher import Dispatcher
from streaming.loops.ledger import Ledger
from streaming.loops.sink import Sink
from streaming.loops.stage import Stage
from tests.streaming.loops.bench import (
    PLAIN,
    SEALER,
    Books,
    ProcessEnded,
    Rows,
    admitted,
    ended,
    example,
    failed,
    outcomes,
    put,
    reasons,
    running,
    until,
)

ENDS_IT = "ends it"


async def ends_until_quiet(made: Callable[[], Any], broker: MemoryBroker, ends: int) -> None:
    for _ in range(ends):
        await ended(made(), broker)


def stage(handled: list[str]) -> Stage:
    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        text = next(iter(incoming.event.messages or ())).content
        if text == ENDS_IT:
            raise ProcessEnded
        handled.append(text)
        screened: ScreenedRequest = example(ScreenedRequest)
        return [
            screened.model_copy(update={"request": screened.request.model_copy(update={"request_id": text})})
        ]

    return Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")


async def test_a_stage_finds_the_record_that_ends_it_and_handles_its_neighbours(broker: MemoryBroker) -> None:
    for text in ("before", ENDS_IT, "after"):
        await broker.append("llm.requests", PLAIN % text.encode(), partition=0)
    handled: list[str] = []
    await ends_until_quiet(lambda: stage(handled), broker, 3)
    assert broker.records("llm.requests.dlq") == []

    async with running(stage(handled), broker) as task:
        await until(lambda: len(broker.records("llm.requests.dlq")) == 1 and "after" in handled, task)

    assert reasons(broker, "llm.requests.dlq") == ["poison"]
    assert {"before", "after"} <= set(handled)


async def test_kills_from_outside_make_no_dead_letters(broker: MemoryBroker) -> None:
    for number in range(40):
        await broker.append("llm.requests", PLAIN % str(number).encode(), partition=0)
    handled: list[str] = []

    def killed_at(limit: int) -> Stage:
        async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
            if len(handled) >= limit:
                raise ProcessEnded
            handled.append(next(iter(incoming.event.messages or ())).content)
            return []

        return Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")

    for limit in (10, 25):
        await ended(killed_at(limit), broker)
    async with running(killed_at(10_000), broker) as task:
        await until(lambda: {str(number) for number in range(40)} <= set(handled), task)

    assert broker.records("llm.requests.dlq") == []


def ledger() -> Ledger:
    def decide(state: Books, incoming: Incoming[ScreenedRequest]) -> LedgerDecision:
        del state
        if incoming.event.request.request_id == "ends-it":
            raise ProcessEnded
        return failed(incoming.event.request.request_id)

    def close(state: Books, unhandled: DeadLetteredRecord) -> LedgerDecision:
        del state
        return failed(f"closed-{unhandled.reason}")

    return Ledger(
        "meter",
        {ScreenedRequest: decide},
        lambda state, now: (),
        (Completion,),
        Books,
        SEALER,
        f"meter-{uuid4().hex[:6]}",
        closing={"llm.requests.screened": close},
    )


async def test_a_ledger_closes_the_request_of_the_record_that_ends_it(broker: MemoryBroker) -> None:
    screened: ScreenedRequest = example(ScreenedRequest)
    for request_id in ("before", "ends-it", "after"):
        await put(
            broker,
            screened.model_copy(
                update={"request": screened.request.model_copy(update={"request_id": request_id})}
            ),
        )
    await ends_until_quiet(ledger, broker, 4)

    async with running(ledger(), broker) as task:
        await until(lambda: {"before", "after", "closed-poison"} <= outcomes(broker), task)

    assert reasons(broker, "llm.requests.screened.dlq") == ["poison"]


def dispatcher(calls: list[str], ends: Callable[[str], bool]) -> Dispatcher:
    async def call(incoming: Incoming[AdmittedRequest], journal: Journal) -> Event:
        request = incoming.event.request
        attempt: Attempt = example(Attempt)
        if ends(request.request_id):
            raise ProcessEnded
        await journal.write(attempt.model_copy(update={"attempt_id": uuid4(), "owner": journal.owner}))
        calls.append(request.request_id)
        answer: ModelAnswer = example(ModelAnswer)
        return answer.model_copy(update={"request": request})

    def close(unhandled: DeadLetteredRecord) -> Event:
        answer: ModelAnswer = example(ModelAnswer)
        event = unhandled.event
        assert event is None or isinstance(event, AdmittedRequest)
        return answer.model_copy(update={"status": "failed", "sealed": None, "error": unhandled.error()})

    return Dispatcher(
        "router", AdmittedRequest, call, Attempt, ModelAnswer, 50, SEALER, f"router-{uuid4().hex[:6]}", close
    )


async def test_a_dispatcher_closes_the_request_of_the_record_that_ends_it_and_calls_for_its_neighbours(
    broker: MemoryBroker,
) -> None:
    for request_id in ("before", "ends-it", "after"):
        await put(broker, admitted(request_id))
    calls: list[str] = []

    def ends(request_id: str) -> bool:
        return request_id == "ends-it"

    for _ in range(3):
        await ended(dispatcher(calls, ends), broker)
    async with running(dispatcher(calls, ends), broker) as task:
        await until(lambda: len(broker.records("llm.requests.admitted.dlq")) == 1, task)
        await until(lambda: {"before", "after"} <= set(calls), task)
        await until(
            lambda: any(b'"failed"' in (record.value or b"") for record in broker.records("llm.answers")),
            task,
        )

    assert reasons(broker, "llm.requests.admitted.dlq") == ["poison"]


def sink(store: Rows) -> Sink:
    def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
        name = incoming.event.request.request_id
        if name == "ends-it":
            raise ProcessEnded
        return {"completions": [{"name": name}]}

    return Sink("sink", {Completion: rows_of}, {}, store, SEALER, f"sink-{uuid4().hex[:6]}", 100)


async def test_a_sink_stores_the_neighbours_of_the_record_that_ends_it_once(broker: MemoryBroker) -> None:
    completion: Completion = example(Completion)
    for name in ("before", "ends-it", "after"):
        await put(
            broker,
            completion.model_copy(
                update={"request": completion.request.model_copy(update={"request_id": name})}
            ),
        )
    store = Rows()
    await ends_until_quiet(lambda: sink(store), broker, 4)

    async with running(sink(store), broker) as task:
        await until(lambda: sorted(map(str, store.names)) == ["after", "before"], task)

    assert reasons(broker, "llm.completions.dlq") == ["poison"]
