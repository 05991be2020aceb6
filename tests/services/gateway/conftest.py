"""Fixtures of the gateway's tests: a broker in memory, an echoing pipeline, a client of the application."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schemas.cloudevents import encode
from schemas.documents import Candidate, RouteDocument
from schemas.topics import ROUTES, kafka_topics
from services.gateway.app import GatewayApp, assemble
from services.gateway.settings import GatewaySettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.errors import DependencyDownError
from tests.services.gateway.pipeline import SEAL_KEY, EchoPipeline

ACME_KEY, GLOBEX_KEY = "weir_acme-key", "weir_globex-key"


@dataclass(slots=True)
class ForgetfulIndex:
    """Holds the offsets that a test put in; may be down."""

    places: dict[tuple[str, str], tuple[int, int]] = field(
        default_factory=dict[tuple[str, str], tuple[int, int]]
    )
    is_down: bool = False

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        if self.is_down:
            raise DependencyDownError("ClickHouse does not answer at 127.0.0.1:8123")
        return self.places.get((tenant, request_id))

    async def close(self) -> None:
        self.places.clear()


@dataclass(slots=True)
class Bench:
    """The gateway on its bench: the client speaks HTTP to it, everything behind it can be looked at."""

    client: httpx.AsyncClient
    broker: MemoryBroker
    pipeline: EchoPipeline
    index: ForgetfulIndex
    site: GatewayApp

    async def chat(
        self, content: str = "hello", model: str = "small", key: str = ACME_KEY, **more: Any
    ) -> httpx.Response:
        """One chat completion; `headers` go beside the key."""
        headers = {"authorization": f"Bearer {key}", **more.pop("headers", {})}
        body = {"model": model, "messages": [{"role": "user", "content": content}], **more}
        return await self.client.post("/v1/chat/completions", json=body, headers=headers)

    async def get(self, path: str, key: str = ACME_KEY) -> httpx.Response:
        return await self.client.get(path, headers={"authorization": f"Bearer {key}"})

    async def post(self, path: str, body: Any, key: str = ACME_KEY) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"authorization": f"Bearer {key}"})

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_true():
                await asyncio.sleep(0.01)


def settings_with(**more: Any) -> GatewaySettings:
    keys = {
        hashlib.sha256(key.encode()).hexdigest(): tenant
        for key, tenant in ((ACME_KEY, "acme"), (GLOBEX_KEY, "globex"))
    }
    return GatewaySettings.model_validate(
        {"seal_key": SEAL_KEY, "gateway_keys": keys, "gateway_deadline_s": 5, **more}
    )


@asynccontextmanager
async def opened(broker: MemoryBroker, **settings: Any) -> AsyncGenerator[Bench, None]:
    index, pipeline = ForgetfulIndex(), EchoPipeline(broker)
    site = assemble(settings_with(**settings), broker, index)
    running = asyncio.create_task(pipeline.run())
    transport = httpx.ASGITransport(app=site.app, raise_app_exceptions=False)
    try:
        async with (
            site.app.router.lifespan_context(site.app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=10) as client,
        ):
            yield Bench(client, broker, pipeline, index, site)
    finally:
        running.cancel()
        await asyncio.wait({running})


@pytest.fixture
async def broker() -> MemoryBroker:
    made = MemoryBroker()
    await made.admin.create_topics(kafka_topics(4))
    route = RouteDocument(name="small", candidates=(Candidate(provider="local", model="smollm2"),))
    encoded = encode(route, event_id=uuid4(), source="config", time=datetime.now(UTC))
    await made.append(ROUTES.name, encoded.value, encoded.headers, encoded.key)
    return made


@pytest.fixture
def open_bench(broker: MemoryBroker) -> Callable[..., Any]:
    """Opens a bench with settings of the test's own; several may share the broker."""

    def open_one(**settings: Any) -> Any:
        return opened(broker, **settings)

    return open_one


@pytest.fixture
async def bench(broker: MemoryBroker) -> AsyncGenerator[Bench, None]:
    async with opened(broker) as made:
        await ready(made)
        yield made


async def ready(made: Bench) -> None:
    async with asyncio.timeout(5):
        while (await made.client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)


@pytest.fixture
def until_ready() -> Any:
    return ready


@pytest.fixture
def settings_of() -> Callable[..., GatewaySettings]:
    return settings_with


@pytest.fixture
def echo_on() -> Any:
    """Runs an echoing pipeline on any broker, for requests from now on."""

    @asynccontextmanager
    async def run(broker: Broker) -> AsyncGenerator[EchoPipeline, None]:
        pipeline = EchoPipeline(broker)
        pipeline.start = "end"
        running = asyncio.create_task(pipeline.run())
        await pipeline.opened.wait()
        try:
            yield pipeline
        finally:
            running.cancel()
            await asyncio.wait({running})

    return run


@pytest.fixture
def serving() -> Any:
    """Gives a client of acme's on a site that is ready."""

    @asynccontextmanager
    async def serve(site: GatewayApp) -> AsyncGenerator[httpx.AsyncClient, None]:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=site.app), base_url="http://gateway", timeout=30
        )
        client.headers["authorization"] = f"Bearer {ACME_KEY}"
        async with site.app.router.lifespan_context(site.app), client:
            async with asyncio.timeout(20):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.05)
            yield client

    return serve
