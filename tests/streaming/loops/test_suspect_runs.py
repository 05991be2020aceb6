"""Suspects of ledger and sink are tried in runs, and an end counts against no record of another partition."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import LlmRequest, ScreenedRequest
from schemas.topics import TOPIC_OF
from streaming.brokers.records import TopicPartition
from streaming.handling import Incoming, Row
from streaming.loops.sink import Sink
from streaming.loops.stage import Stage
from streaming.partitions.commit_envelope import read_envelope
from streaming.partitions.lease import Lease
from streaming.partitions.quarantine import MAX_RUN_RECORDS
from tests.streaming.loops.bench import (
    MANY,
    PLAIN,
    SCREENED,
    SEALER,
    CommitRecordingBroker,
    Rows,
    ending_ledger,
    example,
    fill,
    killed,
    leave_unclean,
    numbered,
    outcomes,
    reasons,
    running,
    until,
)

COMPLETIONS = TOPIC_OF[Completion].name


async def ends(broker: CommitRecordingBroker, made: Callable[[], Any], count: int) -> None:
    """Run so many processes until a record ends them."""
    for _ in range(count):
        task = asyncio.create_task(made().run(broker, Lease(10.0), asyncio.Event()))
        await asyncio.wait_for(broker.has_ended.wait(), 10)
        await killed(task)
        broker.has_ended.clear()
        broker.go_up()


def sink(broker: CommitRecordingBroker, store: Rows) -> Sink:
    def rows_of(incoming: Incoming[Completion]) -> Mapping[str, Sequence[Row]]:
        name = incoming.event.request.request_id
        if name == "ends-it":
            broker.end_process()
        return {"completions": [{"name": name}]}

    return Sink("sink", {Completion: rows_of}, {}, store, SEALER, f"sink-{uuid4().hex[:6]}", 100)


async def test_a_ledger_tries_its_suspects_in_runs(recording_broker: CommitRecordingBroker) -> None:
    await fill(recording_broker, example(ScreenedRequest), 0, numbered("r"))
    await leave_unclean(recording_broker, "meter", SCREENED)
    recording_broker.commits.clear()

    async with running(ending_ledger(recording_broker), recording_broker) as task:
        await until(lambda: len(recording_broker.records(COMPLETIONS)) == MANY, task)

    runs = [
        read_envelope(committed.metadata).run
        for offsets in recording_broker.commits
        for committed in offsets.values()
    ]
    assert [run for run in runs if run] == [range(128), range(128, 256), range(256, 384), range(384, 400)]
    assert len(recording_broker.commits) < MANY / MAX_RUN_RECORDS + 10
    assert read_envelope(recording_broker.commits[-1][TopicPartition(SCREENED, 0)].metadata).is_clean


async def test_a_ledger_finds_the_record_that_ends_it_in_one_run(
    recording_broker: CommitRecordingBroker,
) -> None:
    names = numbered("r")
    names[200] = "ends-it"
    await fill(recording_broker, example(ScreenedRequest), 0, names)
    await ends(recording_broker, lambda: ending_ledger(recording_broker), 4)
    assert recording_broker.records(f"{SCREENED}.dlq") == []

    async with running(ending_ledger(recording_broker), recording_broker) as task:
        await until(lambda: set(names) - {"ends-it"} <= outcomes(recording_broker), task)

    assert reasons(recording_broker, f"{SCREENED}.dlq") == ["poison"]
    assert set(recording_broker.alone) <= set(range(MAX_RUN_RECORDS, 2 * MAX_RUN_RECORDS))


async def test_a_sink_finds_the_record_that_ends_it_and_stores_all_others_once(
    recording_broker: CommitRecordingBroker,
) -> None:
    names = numbered("r")
    names[200] = "ends-it"
    await fill(recording_broker, example(Completion), 0, names)
    store = Rows()
    await ends(recording_broker, lambda: sink(recording_broker, store), 4)
    assert recording_broker.records(f"{COMPLETIONS}.dlq") == []

    async with running(sink(recording_broker, store), recording_broker) as task:
        await until(lambda: len(store.names) == MANY - 1, task)

    assert sorted(map(str, store.names)) == sorted(set(names) - {"ends-it"})
    assert reasons(recording_broker, f"{COMPLETIONS}.dlq") == ["poison"]
    assert set(recording_broker.alone) <= set(range(MAX_RUN_RECORDS, 2 * MAX_RUN_RECORDS))


async def test_a_sink_tries_the_block_that_was_declared_in_runs(
    recording_broker: CommitRecordingBroker,
) -> None:
    await fill(recording_broker, example(Completion), 0, numbered("r"))
    await leave_unclean(recording_broker, "sink", COMPLETIONS, f"v1:{MANY}")
    recording_broker.commits.clear()
    store = Rows()

    async with running(sink(recording_broker, store), recording_broker) as task:
        await until(lambda: len(store.names) == MANY, task)

    assert recording_broker.alone == []
    assert len(recording_broker.commits) < MANY / MAX_RUN_RECORDS + 10


async def test_a_record_that_ends_a_ledger_accuses_none_of_another_partition(
    recording_broker: CommitRecordingBroker,
) -> None:
    await fill(recording_broker, example(ScreenedRequest), 0, numbered("innocent", 5))
    await fill(recording_broker, example(ScreenedRequest), 1, ["first", "ends-it", "last"])
    await ends(recording_broker, lambda: ending_ledger(recording_broker), 4)

    async with running(ending_ledger(recording_broker), recording_broker) as task:
        await until(lambda: {*numbered("innocent", 5), "first", "last"} <= outcomes(recording_broker), task)

    assert reasons(recording_broker, f"{SCREENED}.dlq") == ["poison"]


async def test_a_record_that_ends_a_stage_accuses_none_of_another_partition(
    recording_broker: CommitRecordingBroker,
) -> None:
    for partition, texts in enumerate((numbered("innocent", 5), ["ends it", "last"])):
        for text in texts:
            await recording_broker.append("llm.requests", PLAIN % text.encode(), partition=partition)
    handled: set[str] = set()

    def stage() -> Stage:
        async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
            text = next(iter(incoming.event.messages or ())).content
            if text == "ends it":
                recording_broker.end_process()
            handled.add(text)
            return []

        return Stage("guard", {LlmRequest: screen}, SEALER, f"guard-{uuid4().hex[:6]}")

    await ends(recording_broker, stage, 3)
    async with running(stage(), recording_broker) as task:
        await until(lambda: {*numbered("innocent", 5), "last"} <= handled, task)

    assert reasons(recording_broker, "llm.requests.dlq") == ["poison"]


async def test_kills_from_outside_at_different_records_make_no_dead_letter(
    recording_broker: CommitRecordingBroker,
) -> None:
    names = numbered("r")
    await fill(recording_broker, example(ScreenedRequest), 0, names)

    for killed_at in (names[number] for number in (10, 20, 30, 170, 175, 300, 25, 399)):
        await ends(
            recording_broker, lambda killed_at=killed_at: ending_ledger(recording_broker, killed_at), 1
        )
    async with running(ending_ledger(recording_broker), recording_broker) as task:
        await until(lambda: set(names) <= outcomes(recording_broker), task)

    assert recording_broker.alone
    assert reasons(recording_broker, f"{SCREENED}.dlq") == []
