"""Workers that stop, fail or move during trials accuse no record, forget no suspect, leave no task behind."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest

from schemas.answers import Attempt, ModelAnswer
from schemas.event import Event
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from schemas.topics import TOPIC_OF
from streaming.brokers.records import TopicPartition
from streaming.errors import DependencyDownError
from streaming.handling import Incoming, Journal
from streaming.loops.dispatcher import Dispatcher
from streaming.loops.stage import Stage
from streaming.partitions.commit_envelope import read_envelope
from streaming.partitions.lease import Lease
from tests.streaming.loops.bench import (
    PLAIN,
    SCREENED,
    SEALER,
    CommitRecordingBroker,
    ending_ledger,
    example,
    fill,
    leave_unclean,
    numbered,
    running,
    until,
)

COUNT = 30
REQUESTS, ADMITTED = TOPIC_OF[LlmRequest].name, TOPIC_OF[AdmittedRequest].name


def stage(handle: Callable[[str], Any]) -> Stage:
    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        await handle(next(iter(incoming.event.messages or ())).content)
        return []

    return Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")


def dispatcher() -> Dispatcher:
    async def call(incoming: Incoming[AdmittedRequest], journal: Journal) -> Event:
        attempt: Attempt = example(Attempt)
        await journal.write(attempt.model_copy(update={"attempt_id": uuid4(), "owner": journal.owner}))
        answer: ModelAnswer = example(ModelAnswer)
        return answer.model_copy(update={"request": incoming.event.request})

    return Dispatcher(
        "router", AdmittedRequest, call, Attempt, ModelAnswer, 50, SEALER, f"router-{uuid4().hex[:6]}"
    )


async def moment(text: str) -> None:
    del text
    await asyncio.sleep(0.001)


async def of_stage(broker: CommitRecordingBroker) -> tuple[Any, TopicPartition]:
    for name in numbered("r", COUNT):
        await broker.append(REQUESTS, PLAIN % name.encode(), partition=0)
    await leave_unclean(broker, "guard", REQUESTS)
    return stage(moment), TopicPartition(REQUESTS, 0)


async def of_ledger(broker: CommitRecordingBroker) -> tuple[Any, TopicPartition]:
    await fill(broker, example(ScreenedRequest), 0, numbered("r", COUNT))
    await leave_unclean(broker, "meter", SCREENED)
    return ending_ledger(broker), TopicPartition(SCREENED, 0)


async def of_dispatcher(broker: CommitRecordingBroker) -> tuple[Any, TopicPartition]:
    await fill(broker, example(AdmittedRequest), 0, numbered("r", COUNT))
    await leave_unclean(broker, "router", ADMITTED)
    return dispatcher(), TopicPartition(ADMITTED, 0)


@pytest.mark.parametrize("after_s", [0.005, 0.02, 0.03, 0.04, 0.06])
@pytest.mark.parametrize("made", [of_stage, of_ledger, of_dispatcher])
async def test_an_orderly_stop_in_a_trial_names_no_suspect(
    recording_broker: CommitRecordingBroker, made: Callable[[CommitRecordingBroker], Any], after_s: float
) -> None:
    loop, topic_partition = await made(recording_broker)
    recording_broker.commits.clear()

    async with running(loop, recording_broker):
        await asyncio.sleep(after_s)

    last = next(
        (
            offsets[topic_partition]
            for offsets in reversed(recording_broker.commits)
            if topic_partition in offsets
        ),
        None,
    )
    if last is not None:
        envelope = read_envelope(last.metadata)
        assert envelope.deaths_for("the next process") == {}
        assert envelope.run is None
        assert last.offset == COUNT or not envelope.is_clean or envelope.suspects is not None


async def test_each_suspect_is_named_in_its_trial_also_while_its_worker_ends(
    recording_broker: CommitRecordingBroker,
) -> None:
    begun = asyncio.Event()
    unnamed: list[int] = []

    async def handle(text: str) -> None:
        begun.set()
        offset = int(text.removeprefix("r-"))
        if recording_broker.alone[-1:] != [offset]:
            unnamed.append(offset)

    for name in numbered("r", COUNT):
        await recording_broker.append(REQUESTS, PLAIN % name.encode(), partition=0)
    await leave_unclean(recording_broker, "guard", REQUESTS)

    async with running(stage(handle), recording_broker):
        await begun.wait()

    assert len(recording_broker.alone) > 1
    assert unnamed == []


async def test_no_neighbour_goes_on_beside_the_next_worker_when_a_dependency_is_down(
    recording_broker: CommitRecordingBroker,
) -> None:
    at_work, most, refused = 0, 0, 0

    async def handle(text: str) -> None:
        nonlocal at_work, most, refused
        if text == "r-0":
            refused += 1
            raise DependencyDownError("it is down")
        at_work += 1
        most = max(most, at_work)
        try:
            await asyncio.sleep(60)
        finally:
            at_work -= 1

    for name in numbered("r", 3):
        await recording_broker.append(REQUESTS, PLAIN % name.encode(), partition=0)

    task = asyncio.create_task(stage(handle).run(recording_broker, Lease(10.0), asyncio.Event()))
    await until(lambda: refused >= 3, task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert most <= 2
    assert at_work == 0


async def test_a_suspect_whose_dependency_is_down_is_not_named_while_its_worker_waits(
    recording_broker: CommitRecordingBroker,
) -> None:
    refused = asyncio.Event()

    async def handle(text: str) -> None:
        refused.set()
        raise DependencyDownError(text)

    await recording_broker.append(REQUESTS, PLAIN % b"r-0", partition=0)
    await leave_unclean(recording_broker, "guard", REQUESTS)
    recording_broker.commits.clear()

    async with running(stage(handle), recording_broker) as task:
        await refused.wait()
        await until(
            lambda: (
                read_envelope(recording_broker.commits[-1][TopicPartition(REQUESTS, 0)].metadata).alone
                is None
            ),
            task,
        )
        envelopes = [
            read_envelope(committed.metadata)
            for offsets in recording_broker.commits
            for committed in offsets.values()
        ]

    assert [envelope.alone for envelope in envelopes][-2:] == [0, None]
    assert envelopes[-1].suspects is not None
