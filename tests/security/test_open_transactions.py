"""An open transaction of a producer counts as lag, is shown with its producer, and makes the stream late."""

import asyncio
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaException

from schemas.topics import REQUESTS
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import TopicPartition
from streaming.partitions.lag import LagReader
from streaming.seal.seal import new_key
from tests.security.foreign_producers import OpenTransaction
from weir.stack.lag import read_lag
from weir.stack.tables import blocking_lines
from weir.verify.verification import verify

pytestmark = pytest.mark.integration


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
    topic_partition = TopicPartition(REQUESTS.name, 1)
    lags, group = LagReader(broker), f"g-{uuid4().hex[:8]}"

    first, began = await read_lag(broker, {group: [REQUESTS.name]}), time.monotonic()
    held = first.blocking_of(topic_partition)
    looks = [lag for lag in await lags.of("guard", [REQUESTS.name]) if lag.topic_partition == topic_partition]
    await asyncio.sleep(3)
    looks += [
        lag for lag in await lags.of("guard", [REQUESTS.name]) if lag.topic_partition == topic_partition
    ]
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
    shown, listed = (
        await weir_lag(kafka_bootstrap, "--group", "guard"),
        json.loads(await weir_lag(kafka_bootstrap, "--group", "guard", "--json")),
    )

    (held,) = [lag for lag in listed if lag["topic"] == REQUESTS.name and lag["partition"] == 1]
    (free,) = [lag for lag in listed if lag["topic"] == REQUESTS.name and lag["partition"] == 0]
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
    """The output of `weir lag`."""
    environment = {**os.environ, "WEIR_KAFKA_BOOTSTRAP": bootstrap}
    command = (sys.executable, "-m", "weir", "lag", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output
    return output.decode()


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
        # Records of other tests may be waiting, and their lag does not count here.
        site = build(
            GatewaySettings.model_validate(
                {
                    "seal_key": new_key(),
                    "kafka_bootstrap": bootstrap,
                    "clickhouse_url": nowhere,
                    "gateway_lag_limit_s": 1e9,
                    "gateway_keys": {_key_hash(key): "acme"},
                }
            )
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=site.app), base_url="http://gateway", timeout=30
        )
        client.headers["authorization"] = f"Bearer {key}"
        async with site.app.router.lifespan_context(site.app), client:
            yield client


def _key_hash(key: str) -> str:
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
    lags, topic_partition = LagReader(broker), TopicPartition(REQUESTS.name, 3)
    assert [held.topic_partition for held in await lags.open_transactions([REQUESTS.name])] == [
        topic_partition
    ]

    async with asyncio.timeout(20):
        while await lags.open_transactions([REQUESTS.name]):
            await asyncio.sleep(0.5)
