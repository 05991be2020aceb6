"""No wrong clock and no open transaction of a producer hides records: lag counts them and names it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.quality import Feedback
from schemas.topics import FEEDBACK, kafka_topics
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.rows import feedback_rows
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.loops.sink import Sink
from streaming.partitions.lag import lag_of
from streaming.process import Service, run
from streaming.seal.seal import Sealer, new_key
from tests.security.foreign_producers import (
    append_invalid_header,
    feedback_events,
    publish_with_timestamp,
)
from weir.stack.publish import create_topics

pytestmark = pytest.mark.integration
PARTITIONS = 4
RETENTION_CHECKS_S = 6.0
"""Three checks of the broker for segments beyond their retention."""


def test_every_topic_takes_the_time_of_the_broker() -> None:
    other = {
        name
        for name, (_, config) in kafka_topics(1).items()
        if config["message.timestamp.type"] != "LogAppendTime"
    }

    assert other == set()


@asynccontextmanager
async def running_sink(bootstrap: str, clickhouse_url: str) -> AsyncGenerator[None]:
    stop, broker = asyncio.Event(), KafkaBroker(bootstrap, client_id=f"sink-{uuid4().hex[:8]}")
    store = ClickHouseStore(clickhouse_url, 30.0)
    sealer = Sealer.from_text(new_key())
    sink = Sink(
        group="sink",
        rows={Feedback: feedback_rows},
        record_rows={},
        store=store,
        sealer=sealer,
        client_id=f"sink-{uuid4().hex}",
    )
    task = asyncio.create_task(run([Service("sink", [sink])], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task
        await store.close()


async def finish(broker: KafkaBroker, group: str, topic: str) -> None:
    """Commit the end of every partition for a group."""

    async def ignore(_: frozenset[TopicPartition]) -> None:
        return None

    joining = broker.join(
        group, [topic], assignor="range", client_id=group, on_revoked=ignore, on_assigned=ignore
    )
    async with joining as member, asyncio.timeout(30):
        while not member.assignment():
            await asyncio.sleep(0.1)
        await member.commit(
            {
                topic_partition: CommittedOffset(span.end)
                for topic_partition, span in (await broker.positions.offsets([topic])).items()
            }
        )


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("days", [-60, 60])
async def test_feedback_of_a_producer_with_a_wrong_clock_is_kept_and_stored_also_on_an_older_topic(
    broker: KafkaBroker, kafka_bootstrap: str, clickhouse_url: str, client: Client, days: int
) -> None:
    await broker.admin.align_topics(
        {FEEDBACK.name: {"message.timestamp.type": "CreateTime", "retention.ms": "604800000"}}
    )
    assert f"{FEEDBACK.name} message.timestamp.type" in await create_topics(broker, PARTITIONS)
    kept_as_it_was = await broker.admin.align_topics({FEEDBACK.name: {"retention.ms": "604800000"}})
    tenant, group = f"t{uuid4().hex[:8]}", f"g-{uuid4().hex[:8]}"
    await finish(broker, group, FEEDBACK.name)

    await asyncio.to_thread(
        publish_with_timestamp,
        kafka_bootstrap,
        feedback_events(tenant, 10),
        datetime.now(UTC) + timedelta(days=days),
    )
    await asyncio.sleep(RETENTION_CHECKS_S)
    lags = await lag_of(broker, group, [FEEDBACK.name])
    async with running_sink(kafka_bootstrap, clickhouse_url):
        await until(lambda: _stored(client, tenant) == 10)

    assert kept_as_it_was == [], "what an operator set is not undone"
    assert sum(lag.records for lag in lags) == 10
    assert RETENTION_CHECKS_S - 1 < max(lag.seconds for lag in lags) < 60
    assert _stored(client, tenant) == 10


def _stored(client: Client, tenant: str) -> int:
    return int(
        client.query(
            "SELECT count() FROM weir.feedback WHERE tenant = {tenant:String}", parameters={"tenant": tenant}
        ).result_rows[0][0]
    )


async def test_a_record_that_no_client_library_decodes_counts_as_lag_like_any_other(
    broker: KafkaBroker, kafka_bootstrap: str
) -> None:
    topic, group = f"t-{uuid4().hex[:8]}", f"g-{uuid4().hex[:8]}"
    await broker.admin.create_topics({topic: (1, {"message.timestamp.type": "LogAppendTime"})})
    await append_invalid_header(kafka_bootstrap, topic)
    await asyncio.sleep(1.1)

    (lag,) = await lag_of(broker, group, [topic])

    assert (lag.records, lag.first_unfinished) == (1, 0)
    assert 1.0 < lag.seconds < 30
