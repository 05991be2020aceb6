"""Every interface that gives a verdict, on one in-memory stream with guard, meter and gateway."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from schemas.answers import ModelAnswer
from schemas.cloudevents import decode, encode
from schemas.documents import Candidate, RouteDocument
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.policies import PolicyDocument
from schemas.requests import AdmittedRequest
from schemas.topics import COMPLETIONS, POLICIES, REQUESTS, ROUTES, kafka_topics
from schemas.verdicts import Verdict
from services.gateway.app import assemble
from services.gateway.settings import GatewaySettings
from services.guard.app import build as build_guard
from services.guard.library import Guardian
from services.guard.scan import ScanOptions
from services.guard.scan import run as run_scan
from services.guard.settings import GuardSettings
from services.meter.app import build as build_meter
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.handling import Incoming
from streaming.loops.stage import Stage
from streaming.process import Service, run, unique_client_id
from streaming.seal.content import seal_answer
from streaming.seal.seal import Sealer, new_key

KEY = new_key()
SEALER = Sealer.from_text(KEY)
API_KEY = "weir_one"
POLICY: Mapping[str, Any] = {
    "name": "acme",
    "version": 4,
    "rules": [
        {"kind": "EMAIL_ADDRESS", "direction": "input", "action": "block"},
        {"kind": "PROMPT_INJECTION", "direction": "input", "action": "flag"},
    ],
    "checks": [
        {"name": "rivals", "type": "topics", "phrases": ["Globex"], "on": ["input"], "action": "block"}
    ],
}


async def answer(incoming: Incoming[AdmittedRequest]) -> Sequence[Event]:
    """The router's stage, which answers at once."""
    request = incoming.event.request
    sealed = seal_answer(SEALER, request.tenant, request.record_id, "All right.", datetime.now(UTC))
    return [
        ModelAnswer(
            request=request,
            status="answered",
            messages=incoming.event.messages,
            sealed=sealed,
            answered_at=incoming.now,
        )
    ]


def comparable(verdict: Verdict) -> tuple[Any, ...]:
    """All fields of a verdict except its duration."""
    return (
        verdict.action,
        verdict.reason,
        verdict.findings,
        verdict.tier,
        verdict.models,
        verdict.policy,
        verdict.policy_version,
    )


class VerdictSources:
    """All interfaces that give a verdict, on one stream and under one policy."""

    def __init__(
        self, broker: MemoryBroker, client: httpx.AsyncClient, guardian: Guardian, policy: Path | None
    ) -> None:
        self.broker = broker
        self.client = client
        self.guardian = guardian
        self.policy = policy

    async def by_scan(self, texts: Iterable[str], in_flight: int = 8) -> list[dict[str, Any]]:
        lines = io.BytesIO(
            b"".join(
                json.dumps({"id": index, "text": text}).encode() + b"\n" for index, text in enumerate(texts)
            )
        )
        out = io.StringIO()
        assert (
            await asyncio.to_thread(run_scan, ScanOptions(self.policy, in_flight=in_flight), lines, out) == 0
        )
        return [json.loads(line) for line in out.getvalue().splitlines()]

    async def by_chat(self, text: str) -> tuple[Any, ...]:
        name = f"chat-{uuid4().hex}"
        body = {"model": "weir-guard", "messages": [{"role": "user", "content": text}], "request_id": name}
        reply = await self.client.post("/v1/chat/completions", json=body)
        assert reply.status_code in {200, 403}, reply.text
        return comparable(await self.verdict_of(name))

    async def by_moderations(self, texts: Sequence[str]) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        reply = await self.client.post("/v1/moderations", json={"input": texts})
        assert reply.status_code == 200, reply.text
        results = reply.json()["results"]
        return [
            (comparable(await self.verdict_of(result["weir"]["request_id"])), result["weir"])
            for result in results
        ]

    async def by_kafka(self, text: str, **more: object) -> tuple[Any, ...]:
        name = f"plain-{uuid4().hex}"
        body = {
            "tenant": "acme",
            "model": "weir-guard",
            "messages": [{"role": "user", "content": text}],
            "request_id": name,
            **more,
        }
        await self.broker.append(REQUESTS.name, json.dumps(body).encode(), (), None)
        return comparable(await self.verdict_of(str(body["request_id"])))

    async def verdict_of(self, name: str) -> Verdict:
        completion = await self.outcome(name)
        assert completion.input_verdict is not None
        return completion.input_verdict

    async def outcome(self, name: str) -> Completion:
        partition = TopicPartition(COMPLETIONS.name, 0)
        async with asyncio.timeout(20):
            while True:
                for record in await self.broker.reader.read(
                    partition, 0, await self.broker.reader.end(partition)
                ):
                    event = decode(record.topic, record.value, record.headers)
                    if isinstance(event, Completion) and event.request.request_id == name:
                        return event
                await asyncio.sleep(0.02)


@asynccontextmanager
async def opened(policy: Path | None) -> AsyncGenerator[VerdictSources]:
    broker, stop = MemoryBroker(), asyncio.Event()
    await broker.admin.create_topics(kafka_topics(1))
    route = RouteDocument(name="weir-guard", candidates=(Candidate(provider="local", model="m"),))
    documents = [(ROUTES, route)] + (
        [(POLICIES, PolicyDocument.model_validate(POLICY))] if policy is not None else []
    )
    for topic, document in documents:
        encoded = encode(document, event_id=uuid4(), source="config", time=datetime.now(UTC))
        await broker.append(topic.name, encoded.value, encoded.headers, encoded.key)
    router = Stage(
        group="router",
        handlers={AdmittedRequest: answer},
        sealer=SEALER,
        client_id=unique_client_id("router"),
    )
    seal = SecretStr(KEY)
    services = [
        build_guard(GuardSettings(seal_key=seal)),
        build_meter(MeterSettings(seal_key=seal)),
        Service("router", [router]),
    ]
    settings = GatewaySettings(
        seal_key=seal, gateway_keys={hashlib.sha256(API_KEY.encode()).hexdigest(): "acme"}
    )
    site = assemble(settings, broker, NothingStored())
    running = asyncio.create_task(run(services, broker, session_s=60, stop=stop))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=site.app),
        base_url="http://gateway",
        timeout=30,
        headers={"authorization": f"Bearer {API_KEY}"},
    )
    try:
        async with site.app.router.lifespan_context(site.app), client:
            async with asyncio.timeout(20):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.02)
            with Guardian.load(policy) as guardian:
                yield VerdictSources(broker, client, guardian, policy)
    finally:
        stop.set()
        await running


class NothingStored:
    """An index without outcomes."""

    async def find(self, tenant: str, request_id: str) -> None:
        return None

    async def close(self) -> None:
        """Nothing is open."""
