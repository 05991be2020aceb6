"""What two looks at a partition say, and what the watch exports of a real stream."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from schemas.topics import kafka_topics
from services.watch.domain.health import LagSample, lag_trend
from services.watch.handler import Watch, retention_s
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.partitions.lag import lag_of
from streaming.partitions.lease import Lease

UNSTABLE = ("weir_partition_unstable_offsets", "weir_partition_unstable_seconds")
T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def look(
    seconds: float, committed: int, end: int, lag_s: float = 30.0, records: int | None = None
) -> LagSample:
    at = T0 + timedelta(seconds=seconds)
    waiting = end - committed if records is None else records
    return LagSample(
        at,
        committed,
        end,
        waiting,
        lag_s if waiting else 0.0,
        at - timedelta(seconds=lag_s) if waiting else None,
    )


@pytest.mark.parametrize(
    ("before", "now", "state", "drain_s"),
    [
        (None, look(0, 5, 5), "OK", 0.0),
        (None, look(0, 5, 9), "WARN", None),
        (look(0, 0, 100), look(10, 60, 110), "WARN", 10.0),
        (look(0, 60, 100), look(10, 60, 110), "STOP", None),
        (look(0, 60, 100), look(10, 60, 100), "STALL", None),
        (look(0, 60, 100), look(10, 40, 110), "REWIND", None),
        (look(0, 0, 100), look(10, 100, 100), "OK", 0.0),
        (look(0, 60, 100), look(10, 90, 100, lag_s=1.0), "OK", 10 / 3),
        (look(0, 60, 100), look(0, 90, 100), "WARN", None),
    ],
)
def test_a_partition_is_judged_by_what_changed(
    before: LagSample | None, now: LagSample, state: str, drain_s: float | None
) -> None:
    health = lag_trend(before, now, 3600.0)
    assert health.state == state
    assert health.drain_s == (None if drain_s is None else pytest.approx(drain_s))


def test_the_time_to_loss_counts_from_the_record_that_waits() -> None:
    assert lag_trend(None, look(0, 5, 9, lag_s=600), 3600.0).loss_in_s == 3000.0
    assert lag_trend(None, look(0, 5, 5), 3600.0).loss_in_s is None
    assert lag_trend(None, look(0, 5, 9), None).loss_in_s is None


def test_retention_is_what_the_registry_says() -> None:
    assert retention_s("llm.requests") == 24 * 3600
    assert retention_s("llm.requests.dlq") == 30 * 24 * 3600
    assert retention_s("llm.routes") is None
    assert retention_s("somebody.elses") is None


async def test_lag_is_the_wait_of_the_first_record_and_markers_are_no_work() -> None:
    broker, group, place = MemoryBroker(), f"g-{uuid4().hex[:6]}", TopicPartition("llm.requests", 0)
    await broker.admin.create_topics(kafka_topics(1))
    broker.append_marker("llm.requests", 0)
    (idle,) = await lag_of(broker, group, ["llm.requests"])
    assert (idle.records, idle.seconds, idle.first_unfinished) == (0, 0.0, None)
    await broker.append("llm.requests", b"{}", partition=0)
    await asyncio.sleep(0.05)
    (late,) = await lag_of(broker, group, ["llm.requests"])
    assert (late.records, late.first_unfinished, late.topic_partition) == (1, 1, place)
    assert late.seconds >= 0.05


async def test_the_watch_exports_what_it_sees_under_the_usual_names() -> None:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    await broker.append("llm.requests", b"{}", partition=0)

    async def ignore(_: frozenset[TopicPartition]) -> None:
        return None

    async with broker.join(
        "guard", ["llm.requests"], assignor="range", client_id="g", on_revoked=ignore, on_assigned=ignore
    ) as member:
        await member.commit({TopicPartition("llm.requests", 0): CommittedOffset(0)})
    stop = asyncio.Event()
    watching = asyncio.create_task(Watch({"guard": ["llm.requests"]}, 0.05).run(broker, Lease(10.0), stop))
    await asyncio.sleep(0.2)
    broker.go_down()
    await asyncio.sleep(0.1)
    stop.set()
    await watching
    place = {"consumergroup": "guard", "topic": "llm.requests", "partition": "0"}
    assert REGISTRY.get_sample_value("kafka_consumergroup_lag", place) == 1
    assert (REGISTRY.get_sample_value("kafka_consumergroup_lag_seconds", place) or 0) > 0
    assert REGISTRY.get_sample_value("weir_consumergroup_state", {**place, "state": "OK"}) == 1


async def test_the_watch_exports_what_an_open_transaction_holds_on_any_topic_until_it_ends() -> None:
    broker, stop = MemoryBroker(), asyncio.Event()
    await broker.admin.create_topics(kafka_topics(1))
    await broker.open_transaction("llm.prompts", b"{}", 0)
    await broker.append("llm.prompts", b"{}", partition=0)
    watching = asyncio.create_task(Watch({"guard": ["llm.requests"]}, 0.02).run(broker, Lease(10.0), stop))
    await asyncio.sleep(0.2)

    held = [
        REGISTRY.get_sample_value(name, {"topic": "llm.prompts", "partition": "0"}) or 0 for name in UNSTABLE
    ]
    broker.abort_transaction("llm.prompts", 0)
    await asyncio.sleep(0.2)
    freed = [REGISTRY.get_sample_value(name, {"topic": "llm.prompts", "partition": "0"}) for name in UNSTABLE]
    stop.set()
    await watching

    assert held[0] == 2
    assert held[1] > 0.1
    assert freed == [0, 0]
