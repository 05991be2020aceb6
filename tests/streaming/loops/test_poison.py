"""A record that ends its process, in every loop: found by its neighbours' survival, a dead letter after two ends alone, its request closed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

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
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import SEALER, example, put, running, until

PLAIN = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "%s"}]}'
ENDS_IT = "ends it"


class ProcessEnded(BaseException):
    """Stands for a process that is gone: nothing after it runs, and nothing is committed."""


async def ended(loop: Any, broker: MemoryBroker) -> None:
    """Run a process until a record ends it."""
    task = asyncio.create_task(loop.run(broker, Lease(10.0), asyncio.Event()))
    async with asyncio.timeout(10):
        try:
            await task
        except ProcessEnded:
            return
    raise AssertionError("the process was to end")


async def ends_until_quiet(made: Callable[[], Any], broker: MemoryBroker, ends: int) -> None:
    for _ in range(ends):
        await ended(made(), broker)


def reasons(broker: MemoryBroker, topic: str) -> list[str]:
    return [(letter.header("weir-reason") or b"").decode() for letter in broker.records(topic)]


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


class Books:
    """A state that counts its decisions."""

    def __init__(self) -> None:
        self.folded: list[UUID] = []

    def fold(self, event: Event, event_id: UUID) -> None:
        del event
        self.folded.append(event_id)

    def dump(self) -> Sequence[str]:
        return ()

    def load(self, pieces: Sequence[str]) -> None:
        del pieces


def failed(request_id: str) -> LedgerDecision:
    completion: Completion = example(Completion)
    request = completion.request.model_copy(update={"request_id": request_id})
    return LedgerDecision(completion.model_copy(update={"request": request}), f"{request_id}/outcome")


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


def outcomes(broker: MemoryBroker) -> set[str]:
    return {
        Completion.model_validate_json(record.value or b"").request.request_id
        for record in broker.records("llm.completions")
    }


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


def admitted(request_id: str) -> AdmittedRequest:
    event: AdmittedRequest = example(AdmittedRequest)
    return event.model_copy(update={"request": event.request.model_copy(update={"request_id": request_id})})


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


class Rows:
    """A store that keeps blocks by their token."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[Row]] = {}

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        del table
        self.blocks.setdefault(token, list(rows))

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        del table, rows
        return ()

    async def check(self) -> None:
        return None

    @property
    def names(self) -> list[object]:
        return [row["name"] for rows in self.blocks.values() for row in rows]


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
