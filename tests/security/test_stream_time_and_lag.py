"""Nobody's clock and nobody's transaction hides records: the broker's time counts, lag reaches the log's end, and who holds it is named."""

import asyncio
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaException

from schemas.quality import Feedback
from schemas.topics import FEEDBACK, REQUESTS, kafka_topics
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.rows import feedback_rows
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.loops.sink import Sink
from streaming.partitions.lag import LagReader, lag_of
from streaming.process import Service, run
from streaming.seal.seal import Sealer, new_key
from tests.security.foreign import OpenTransaction, opinions, put_odd_header, put_stamped
from weir.clickhouse import connected
from weir.stack.lag import read_lag
from weir.stack.migrate import migrate
from weir.stack.publish import create_topics
from weir.stack.tables import blocking_lines
from weir.verify.verification import verify

pytestmark = pytest.mark.integration
PARTITIONS = 4
RETENTION_LOOKS_S = 6.0
"""Three looks of the broker for what is too old."""


@pytest.fixture
async def broker(kafka_bootstrap: str) -> AsyncIterator[KafkaBroker]:
    async with KafkaBroker(kafka_bootstrap, client_id=f"test-{uuid4().hex[:8]}") as made:
        await create_topics(made, PARTITIONS)
        yield made


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as made:
        migrate(made)
        yield made


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
    """Let a group have read all that stands on a topic."""

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
                place: CommittedOffset(span.end)
                for place, span in (await broker.positions.offsets([topic])).items()
            }
        )


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("days", [-60, 60])
async def test_feedback_of_a_producer_whose_clock_is_wrong_is_kept_and_stored_also_on_the_topic_of_an_older_stack(
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
        put_stamped, kafka_bootstrap, opinions(tenant, 10), datetime.now(UTC) + timedelta(days=days)
    )
    await asyncio.sleep(RETENTION_LOOKS_S)
    lags = await lag_of(broker, group, [FEEDBACK.name])
    async with running_sink(kafka_bootstrap, clickhouse_url):
        await until(lambda: _stored(client, tenant) == 10)

    assert kept_as_it_was == [], "what an operator set is not undone"
    assert sum(lag.records for lag in lags) == 10
    assert RETENTION_LOOKS_S - 1 < max(lag.seconds for lag in lags) < 60
    assert _stored(client, tenant) == 10


def _stored(client: Client, tenant: str) -> int:
    return int(
        client.query(
            "SELECT count() FROM weir.feedback WHERE tenant = {tenant:String}", parameters={"tenant": tenant}
        ).result_rows[0][0]
    )


@pytest.fixture
async def hung(kafka_bootstrap: str, broker: KafkaBroker) -> AsyncIterator[OpenTransaction]:
    del broker
    transaction = OpenTransaction(kafka_bootstrap)
    await asyncio.to_thread(transaction.begin, 1)
    yield transaction
    await asyncio.to_thread(transaction.abort)


async def test_lag_behind_a_hung_transaction_grows_by_wall_time_and_its_producer_is_named(
    broker: KafkaBroker, hung: OpenTransaction
) -> None:
    place = TopicPartition(REQUESTS.name, 1)
    lags, group = LagReader(broker), f"g-{uuid4().hex[:8]}"

    first, began = await read_lag(broker, {group: [REQUESTS.name]}), time.monotonic()
    held = first.blocking_of(place)
    looks = [lag for lag in await lags.of("guard", [REQUESTS.name]) if lag.topic_partition == place]
    await asyncio.sleep(3)
    looks += [lag for lag in await lags.of("guard", [REQUESTS.name]) if lag.topic_partition == place]
    (line,) = blocking_lines(first.blocking)

    assert held is not None
    assert held.held.offsets == looks[0].unstable == 11
    assert looks[0].records >= 11
    assert 2.5 < looks[1].seconds - looks[0].seconds < time.monotonic() - began + 0.5
    assert held.transactional_id == hung.name.replace("\x1b", "?"), "a foreign name steers no terminal"
    assert "\x1b" not in line
    assert "llm.requests/1: 11 offsets" in line
    assert "docs/runbooks/partition-held.md" in line


async def test_the_command_shows_whose_transaction_holds_a_partition_and_what_to_do(
    kafka_bootstrap: str, hung: OpenTransaction
) -> None:
    shown, told = (
        await weir_lag(kafka_bootstrap, "--group", "guard"),
        json.loads(await weir_lag(kafka_bootstrap, "--group", "guard", "--json")),
    )

    (held,) = [lag for lag in told if lag["topic"] == REQUESTS.name and lag["partition"] == 1]
    (free,) = [lag for lag in told if lag["topic"] == REQUESTS.name and lag["partition"] == 0]
    assert (held["unstable_offsets"], free["unstable_offsets"], free["held_by_transactional_id"]) == (
        11,
        0,
        None,
    )
    assert held["lag_seconds"] >= held["held_for_seconds"] - 1 > 0
    assert held["held_by_transactional_id"] == hung.name.replace("\x1b", "?")
    assert "\x1b" not in shown
    assert hung.name.replace("\x1b", "?") in shown
    assert "docs/runbooks/partition-held.md" in shown.replace("\n", "")


async def weir_lag(bootstrap: str, *arguments: str) -> str:
    """What `weir lag` prints."""
    environment = {**os.environ, "WEIR_KAFKA_BOOTSTRAP": bootstrap}
    command = (sys.executable, "-m", "weir", "lag", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said
    return said.decode()


async def test_the_balance_does_not_close_over_a_hung_transaction(
    broker: KafkaBroker, hung: OpenTransaction, client: Client
) -> None:
    del hung
    balance = await verify(broker, client)

    assert not balance.closes
    assert balance.held_partitions == {"llm.requests/1": 11}
    assert any("11 offsets of llm.requests/1 cannot be read" in problem for problem in balance.problems())


async def test_the_gateway_says_stream_late_within_seconds_and_is_ready_again_when_the_transaction_ends(
    kafka_bootstrap: str, broker: KafkaBroker
) -> None:
    transaction = OpenTransaction(kafka_bootstrap)
    key = "k" * 40
    async with served(kafka_bootstrap, key) as gateway:
        await answering(gateway, 200)
        await asyncio.to_thread(transaction.begin, 2)
        began = time.monotonic()

        late = await answering(gateway, 503)
        refused = await gateway.post(
            "/v1/chat/completions", json={"model": "any", "messages": [{"role": "user", "content": "hello"}]}
        )
        after_s = time.monotonic() - began
        await asyncio.to_thread(transaction.abort)
        await answering(gateway, 200)

    assert (late.json()["code"], refused.status_code, refused.json()["error"]["code"]) == (
        "stream_late",
        503,
        "stream_late",
    )
    assert "llm.requests/2 has been held" in late.json()["because"][0]
    assert int(refused.headers["retry-after"]) >= 1
    assert after_s < 15
    assert [held.topic_partition for held in await LagReader(broker).open_transactions([REQUESTS.name])] == []


@asynccontextmanager
async def served(bootstrap: str, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        # Records of other tests may be waiting, which is not what is looked at here.
        site = build(
            GatewaySettings.model_validate(
                {
                    "seal_key": new_key(),
                    "kafka_bootstrap": bootstrap,
                    "clickhouse_url": nowhere,
                    "gateway_lag_limit_s": 1e9,
                    "gateway_keys": {_hash(key): "acme"},
                }
            )
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=site.app), base_url="http://gateway", timeout=30
        )
        client.headers["authorization"] = f"Bearer {key}"
        async with site.app.router.lifespan_context(site.app), client:
            yield client


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


async def answering(gateway: httpx.AsyncClient, status: int) -> httpx.Response:
    async with asyncio.timeout(30):
        while (answer := await gateway.get("/readyz")).status_code != status:
            await asyncio.sleep(0.2)
    return answer


async def test_our_broker_ends_what_hangs_and_lets_nobody_hold_longer_than_a_minute(
    kafka_bootstrap: str, broker: KafkaBroker
) -> None:
    with pytest.raises(KafkaException, match="TIMEOUT"):
        await asyncio.to_thread(OpenTransaction(kafka_bootstrap, 60_001).begin, 3)
    await asyncio.to_thread(OpenTransaction(kafka_bootstrap, 1_000).begin, 3)
    lags, place = LagReader(broker), TopicPartition(REQUESTS.name, 3)
    assert [held.topic_partition for held in await lags.open_transactions([REQUESTS.name])] == [place]

    async with asyncio.timeout(20):
        while await lags.open_transactions([REQUESTS.name]):
            await asyncio.sleep(0.5)


async def test_a_record_that_no_client_library_decodes_counts_as_lag_like_any_other(
    broker: KafkaBroker, kafka_bootstrap: str
) -> None:
    topic, group = f"t-{uuid4().hex[:8]}", f"g-{uuid4().hex[:8]}"
    await broker.admin.create_topics({topic: (1, {"message.timestamp.type": "LogAppendTime"})})
    await put_odd_header(kafka_bootstrap, topic)
    await asyncio.sleep(1.1)

    (lag,) = await lag_of(broker, group, [topic])

    assert (lag.records, lag.first_unfinished) == (1, 0)
    assert 1.0 < lag.seconds < 30
