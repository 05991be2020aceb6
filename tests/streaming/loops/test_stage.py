"""The stage loop: what fails is told apart, and what a crash repeats has the same ids."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from schemas.event import Event
from schemas.requests import LlmRequest, ScreenedRequest
from streaming.brokers.memory.broker import MemoryBroker
from streaming.errors import BadEventError, BreakerOpenError, DependencyDownError
from streaming.events.dead_letters import open_dead_letter
from streaming.events.publishing import TICK_HEADER
from streaming.handling import Incoming
from streaming.loops.stage import Stage
from streaming.partitions.lag import LagReader
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import SEALER, example, ids, killed, running, until

PLAIN = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "%s"}]}'


class Screening:
    """Turns a request into the example's screened request; some words make it fail."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.is_down = False

    async def screen(self, incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        text = next(iter(incoming.event.messages or ())).content
        self.seen.append(text)
        if self.is_down:
            raise DependencyDownError("the model server does not answer at nowhere")
        if text == "bad":
            raise BadEventError("too_large", "too large to screen")
        if text.startswith("bug"):
            raise KeyError(text)
        screened: ScreenedRequest = example(ScreenedRequest)
        return [
            screened.model_copy(update={"request": screened.request.model_copy(update={"request_id": text})})
        ]


def stage(screening: Screening, **fields: Any) -> Stage:
    topics = frozenset({"llm.requests"})
    return Stage(
        "guard",
        {LlmRequest: screening.screen},
        SEALER,
        f"guard-{uuid4().hex[:6]}",
        counted=topics,
        purged=topics,
        **fields,
    )


async def test_a_broken_record_is_a_sealed_dead_letter_and_its_neighbours_pass(broker: MemoryBroker) -> None:
    for value in (PLAIN % b"one", b"{ jane@example.com", PLAIN % b"bad", None, PLAIN % b"two"):
        await broker.append("llm.requests", value, key=b"k", partition=0)
    async with running(stage(Screening()), broker) as task:
        await until(
            lambda: (
                len(broker.records("llm.requests.screened")) == 2
                and len(broker.records("llm.requests.dlq")) == 3
            ),
            task,
        )
    letters = broker.records("llm.requests.dlq")
    assert sorted((letter.header("weir-reason") or b"").decode() for letter in letters) == [
        "invalid_event",
        "invalid_event",
        "too_large",
    ]
    assert all(
        b"jane@example.com" not in (letter.value or b"") + b"".join(value for _, value in letter.headers)
        for letter in letters
    )
    opened = [open_dead_letter(SEALER, letter) for letter in letters]
    assert any(b"jane@example.com" in clear for clear in opened)


async def test_work_that_a_crash_repeats_has_the_same_ids(broker: MemoryBroker) -> None:
    await broker.append("llm.requests", PLAIN % b"one", partition=0)
    await broker.append("llm.requests", b"{", partition=0)
    first = stage(Screening())
    stop = asyncio.Event()
    task = asyncio.create_task(first.run(broker, Lease(10.0), stop))
    await until(
        lambda: (
            len(broker.records("llm.requests.screened")) == 1 and len(broker.records("llm.requests.dlq")) == 1
        ),
        task,
    )
    await killed(task)
    broker.delete_committed_offsets("guard")
    async with running(stage(Screening()), broker) as again:
        await until(
            lambda: (
                len(broker.records("llm.requests.screened")) == 2
                and len(broker.records("llm.requests.dlq")) == 2
            ),
            again,
        )
    for topic in ("llm.requests.screened", "llm.requests.dlq"):
        assert len(set(ids(broker, topic))) == 1


async def test_offsets_without_a_request_are_accounted_for(broker: MemoryBroker) -> None:
    await broker.append("llm.requests", PLAIN % b"one", partition=0)
    broker.append_marker("llm.requests", 0)
    await broker.append("llm.requests", None, ((TICK_HEADER, b"1"),), key=b"tick", partition=0)
    await broker.append("llm.requests", PLAIN % b"two", partition=0)
    broker.append_marker("llm.requests", 0)
    async with running(stage(Screening()), broker) as task:
        await until(lambda: len(broker.records("llm.skips")) == 3, task)
    skips = sorted((record.value or b"") for record in broker.records("llm.skips"))
    assert [(b'"first":1' in one or b'"first":2' in one or b'"first":4' in one) for one in skips] == [
        True
    ] * 3
    assert broker.records("llm.requests.dlq") == []


async def test_a_dependency_that_is_down_is_waited_for_and_nothing_becomes_a_dead_letter(
    broker: MemoryBroker,
) -> None:
    screening = Screening()
    screening.is_down = True
    await broker.append("llm.requests", PLAIN % b"one", partition=0)
    async with running(stage(screening), broker) as task:
        await until(lambda: len(screening.seen) >= 2, task)
        screening.is_down = False
        await until(lambda: len(broker.records("llm.requests.screened")) == 1, task)
    assert broker.records("llm.requests.dlq") == []


async def test_an_unexpected_error_is_tried_three_times_and_many_of_them_stop_the_service(
    broker: MemoryBroker,
) -> None:
    screening = Screening()
    await broker.append("llm.requests", PLAIN % b"bug", partition=0)
    async with running(stage(screening), broker) as task:
        await until(lambda: len(broker.records("llm.requests.dlq")) == 1, task)
        assert screening.seen == ["bug"] * 3
        for number in range(60):
            await broker.append("llm.requests", PLAIN % f"bug {number}".encode(), partition=0)
        with pytest.raises(BreakerOpenError):
            await until(lambda: len(broker.records("llm.requests.dlq")) > 60, task)


async def test_a_slow_event_delays_its_commit_and_no_other_event(broker: MemoryBroker) -> None:
    let_go, handled = asyncio.Event(), list[str]()

    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        text = next(iter(incoming.event.messages or ())).content
        if text == "slow":
            await let_go.wait()
        handled.append(text)
        return []

    loop = Stage("guard", {LlmRequest: screen}, SEALER, "guard-1")
    await broker.append("llm.requests", PLAIN % b"slow", partition=0)
    async with running(loop, broker) as task:
        for number in range(300):
            await broker.append("llm.requests", PLAIN % str(number).encode(), partition=0)
        await until(lambda: len(handled) == 300, task)
        await asyncio.sleep(1.2)
        assert {committed.offset for committed in (await broker.admin.group_offsets("guard")).values()} == {0}
        assert sum(lag.records for lag in await LagReader(broker).of("guard", ["llm.requests"])) == 301
        assert (
            sum(lag.records for lag in await LagReader(broker).unstarted_lag("guard", ["llm.requests"])) == 0
        )
        let_go.set()
        await until(lambda: "slow" in handled, task)
    assert {committed.offset for committed in (await broker.admin.group_offsets("guard")).values()} == {301}


async def test_a_record_that_is_slow_for_half_a_minute_stops_nobody_at_fifty_a_second(
    broker: MemoryBroker,
) -> None:
    let_go, handled = asyncio.Event(), list[int]()

    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        if incoming.record.offset == 0:
            await let_go.wait()
        handled.append(incoming.record.offset)
        return []

    for _ in range(1_501):
        await broker.append("llm.requests", PLAIN % b"text", partition=0)
    async with running(Stage("guard", {LlmRequest: screen}, SEALER, "guard-1"), broker) as task:
        await until(lambda: len(handled) == 1_500, task)

        assert 0 not in handled
        let_go.set()
        await until(lambda: 0 in handled, task)


async def test_no_more_records_and_bytes_are_at_work_than_the_bounds_allow(broker: MemoryBroker) -> None:
    let_go, at_work, most = asyncio.Event(), set[int](), list[int]()

    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        at_work.add(incoming.record.offset)
        most.append(len(at_work))
        await let_go.wait()
        at_work.discard(incoming.record.offset)
        return []

    for number in range(600):
        await broker.append("llm.requests", PLAIN % str(number).encode(), partition=0)
    for _ in range(8):
        await broker.append("llm.requests", PLAIN % (b"x" * 3_000_000), partition=0)
    async with running(Stage("guard", {LlmRequest: screen}, SEALER, "guard-1"), broker) as task:
        await until(lambda: len(most) >= 100, task)
        await asyncio.sleep(0.5)
        assert max(most) <= 200
        let_go.set()
        await until(lambda: len(most) >= 608, task)
