"""Guard, meter and router as they are deployed, on an in-memory stream with the stub provider."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

import uvicorn
from pydantic import SecretStr

import services.guard.app
import services.meter.app
import services.router.app
from schemas.cloudevents import decode
from schemas.outcomes import Completion
from schemas.requests import LlmRequest
from schemas.topics import COMPLETIONS
from schemas.values import Message
from services.guard.settings import GuardSettings
from services.meter.settings import MeterSettings
from services.router.settings import ProviderSettings, RouterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.process import run
from streaming.seal.seal import Sealer, new_key
from weir.local.stub_provider import CallLog, StubSettings, build

KEY = new_key()
SEAL = SecretStr(KEY)
QUESTION = "Where is my order? I ordered two lamps on Monday."
# 1 USD for a thousand tokens, so that a cost in thousandths is a count of tokens
PRICES = {"input_usd_per_mtok": 1000, "output_usd_per_mtok": 1000}


ABSURD = ("far-429", "huge", "deep", "absurd-usage")
"""Replies that come at once; forty of them on a busy machine need a longer timeout than a missing reply."""


def route_of(
    model: str, timeout_s: float = 2.0, provider: str = "stub", name: str | None = None
) -> dict[str, object]:
    candidate = {"provider": provider, "model": model, "max_attempts": 1, "timeout_s": timeout_s}
    return {"name": name or model, "candidates": [candidate], "max_output_tokens": 60}


@contextmanager
def served_stub(settings: StubSettings) -> Generator[str]:
    """Serve the stub provider on a port of the loopback; yields its base URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = build(settings, CallLog(None))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@asynccontextmanager
async def running(
    broker: MemoryBroker, url: str, kind: Literal["openai", "anthropic"] = "openai"
) -> AsyncGenerator[None]:
    """Run guard, meter and router as deployed, with one provider named after the stub or after its kind."""
    provider = ProviderSettings(name="stub" if kind == "openai" else kind, kind=kind, base_url=url)
    router = RouterSettings(seal_key=SEAL, router_providers=(provider,))
    built = [
        services.guard.app.build(GuardSettings(seal_key=SEAL)),
        services.meter.app.build(MeterSettings(seal_key=SEAL, meter_grace_s=1)),
        services.router.app.build(router),
    ]
    stop = asyncio.Event()
    task = asyncio.create_task(run(built, broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def ask(
    broker: MemoryBroker, model: str, deadline_s: float = 30.0, request_id: str | None = None
) -> None:
    publisher = Publisher(broker.producer, group="gateway", sealer=Sealer.from_text(KEY))
    deadline = datetime.now(UTC) + timedelta(seconds=deadline_s)
    request = LlmRequest(
        tenant="acme",
        model=model,
        messages=(Message(role="user", content=QUESTION),),
        request_id=request_id or model,
        deadline=deadline,
    )
    await acknowledged([await publisher.send(request, uuid4(), None)])


async def outcomes(broker: MemoryBroker, count: int) -> Sequence[Completion]:
    partition = TopicPartition(COMPLETIONS.name, 0)
    async with asyncio.timeout(20):
        while await broker.reader.end(partition) < count:
            await asyncio.sleep(0.02)
    events = [
        decode(COMPLETIONS.name, record.value, record.headers)
        for record in await broker.reader.read(partition, 0, count)
    ]
    return [event for event in events if isinstance(event, Completion)]
