"""The watch exports the lag of each partition and the open transactions of a stream."""

import asyncio
from uuid import uuid4

from prometheus_client import REGISTRY

from schemas.topics import kafka_topics
from services.watch.handler import Watch, retention_s
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.partitions.lag import lag_of
from streaming.partitions.lease import Lease

UNSTABLE = ("weir_partition_unstable_offsets", "weir_partition_unstable_seconds")


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
