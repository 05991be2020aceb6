"""The ledger loop: the log of decisions is the state, and one writer owns it."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import ScreenedRequest
from streaming.errors import ForeignWriteError
from streaming.handling import Decision, Incoming
from streaming.lease import Lease
from streaming.ledger import Ledger
from streaming.memory import MemoryBroker
from streaming.records import TopicPartition
from tests.streaming.loops.bench import SEALER, example, ids, killed, put, running, until


class Seen:
    """A ledger's state: the tenants' requests that were decided."""

    def __init__(self) -> None:
        self.decided: list[str] = []

    def fold(self, event: Event, event_id: UUID) -> None:
        request_id = event.request.request_id if isinstance(event, Completion) else ""
        if request_id not in self.decided:
            self.decided.append(request_id)

    def dump(self) -> list[str]:
        return self.decided

    def load(self, pieces: Sequence[str]) -> None:
        self.decided = list(pieces)


def ledger(states: list[Seen], **fields: Any) -> Ledger:
    def decide(state: Seen, incoming: Incoming[ScreenedRequest]) -> Decision | None:
        request = incoming.event.request
        if request.request_id in state.decided:
            return None
        completion: Completion = example(Completion)
        return Decision(completion.model_copy(update={"request": request}), f"{request.request_id}/outcome")

    def new_state() -> Seen:
        states.append(Seen())
        return states[-1]

    return Ledger("meter", {ScreenedRequest: decide}, lambda _state, _now: [], (Completion,), new_state, SEALER, f"meter-{uuid4().hex[:6]}", **fields)


def screened(request_id: str) -> ScreenedRequest:
    event: ScreenedRequest = example(ScreenedRequest)
    return event.model_copy(update={"request": event.request.model_copy(update={"request_id": request_id})})


async def test_a_ledger_reads_its_decisions_back_and_decides_nothing_twice(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    for number in range(5):
        await put(broker, screened(f"r{number}"))
    first = ledger(states)
    task = asyncio.create_task(first.run(broker, Lease(10.0), asyncio.Event()))
    await until(lambda: len(broker.records("llm.completions")) == 5, task)
    await killed(task)
    broker.forget_marks("meter")
    await put(broker, screened("r5"))
    async with running(ledger(states), broker) as again:
        await until(lambda: len(broker.records("llm.completions")) == 6, again)
    assert states[-1].decided == [f"r{number}" for number in range(6)]
    assert len(set(ids(broker, "llm.completions"))) == 6


async def test_a_ledger_stops_when_somebody_else_wrote_to_its_partition(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    async with running(ledger(states), broker) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.completions")) == 1, task)
        await put(broker, example(Completion))
        await put(broker, screened("r1"))
        with pytest.raises(ForeignWriteError, match="another writer"):
            await until(lambda: False, task)


async def test_a_ledger_starts_from_its_snapshot_and_folds_only_what_came_after(broker: MemoryBroker) -> None:
    states: list[Seen] = []
    async with running(ledger(states, snapshot_every_s=0.05), broker) as task:
        await put(broker, screened("r0"))
        await until(lambda: len(broker.records("llm.accounts")) >= 2, task)
    await broker.admin.delete_before({TopicPartition("llm.completions", 0): 1})
    await put(broker, screened("r1"))
    async with running(ledger(states), broker) as again:
        await until(lambda: len(broker.records("llm.completions")) == 1, again)
    assert states[-1].decided == ["r0", "r1"]
