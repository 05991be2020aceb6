"""The gateway on a real Kafka and a real ClickHouse: answers, refusals, and old outcomes after a restart."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from clickhouse_connect import get_client

from schemas.documents import Candidate, RouteDocument
from schemas.outcomes import Completion
from schemas.topics import kafka_topics
from services.gateway.app import build
from streaming.brokers.kafka.broker import KafkaBroker
from weir.stack.migrate import migrate
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.integration


@pytest.fixture
async def real_broker(kafka_bootstrap: str) -> AsyncGenerator[KafkaBroker, None]:
    async with KafkaBroker(kafka_bootstrap, client_id=f"test-{uuid4().hex}") as broker:
        await broker.admin.create_topics(kafka_topics(4))
        await publish_documents(
            broker, [RouteDocument(name="small", candidates=(Candidate(provider="local", model="smollm2"),))]
        )
        yield broker


async def _call(client: httpx.AsyncClient, request_id: str, model: str = "small") -> httpx.Response:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "I am Ada Lovelace"}],
        "request_id": request_id,
    }
    return await client.post("/v1/chat/completions", json=body)


async def test_answers_refusals_repeats_and_old_outcomes(
    real_broker: KafkaBroker,
    kafka_bootstrap: str,
    clickhouse_url: str,
    echo_on: Any,
    settings_of: Any,
    serving: Any,
) -> None:
    migrate(get_client(dsn=clickhouse_url))
    settings = settings_of(
        kafka_bootstrap=kafka_bootstrap,
        clickhouse_url=clickhouse_url,
        gateway_lag_limit_s=1e9,
        gateway_deadline_s=20,
    )
    request_id = f"r-{uuid4().hex}"

    async with echo_on(real_broker) as pipeline:
        async with serving(build(settings)) as client:
            answered = await _call(client, request_id)
            many = await asyncio.gather(*(_call(client, f"{request_id}-{number}") for number in range(50)))
            refused = await _call(client, f"{request_id}-poor", "poor")
            dead = await _call(client, f"{request_id}-dead", "oversized")
            repeated = await _call(client, request_id)
            models = await client.get("/v1/models")
        place = next(place for place in pipeline.places if place[0].request.request_id == request_id)
        _store(clickhouse_url, *place)
        async with serving(build(settings)) as client:
            looked_up = await client.get(f"/v1/requests/{request_id}")
            again = await _call(client, request_id)
            unknown = await client.get("/v1/requests/never-sent")

    assert answered.json()["choices"][0]["message"]["content"] == "You said: I am Ada Lovelace"
    assert {reply.status_code for reply in many} == {200}
    assert len({reply.json()["id"] for reply in many}) == 50
    assert (refused.status_code, dead.status_code, unknown.status_code) == (402, 413, 404)
    assert (
        repeated.json()["id"]
        == looked_up.json()["response"]["id"]
        == again.json()["id"]
        == answered.json()["id"]
    )
    assert again.headers["weir-duplicate"] == "true"
    assert "small" in {model["id"] for model in models.json()["data"]}


def _store(clickhouse_url: str, completion: Completion, partition: int, offset: int) -> None:
    facts = completion.request
    row = [
        facts.record_id,
        facts.tenant,
        facts.request_id,
        completion.status,
        facts.model,
        facts.received_at,
        completion.completed_at,
        partition,
        offset,
    ]
    columns = [
        "record_id",
        "tenant",
        "request_id",
        "status",
        "model",
        "received_at",
        "completed_at",
        "kpart",
        "koff",
    ]
    get_client(dsn=clickhouse_url).insert("completions", [row], columns, database="weir")
