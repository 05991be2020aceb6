"""From a provider that breaks off over real HTTP to the line that is booked: estimated with a cost or held, never 0 and never lost."""

import asyncio
import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import uuid4

import httpx
import pytest
import uvicorn
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

import services.guard.app
import services.meter.app
import services.router.app
from schemas.cloudevents import decode
from schemas.documents import RouteDocument
from schemas.outcomes import BookedAttempt, Completion
from schemas.requests import LlmRequest
from schemas.topics import ATTEMPTS, COMPLETIONS, kafka_topics
from schemas.values import Message
from services.gateway.app import assemble
from services.gateway.http.server import GatewayServer
from services.gateway.settings import GatewaySettings
from services.guard.settings import GuardSettings
from services.meter.settings import MeterSettings
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.settings import ProviderSettings, RouterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.process import run
from streaming.seal.seal import Sealer, new_key
from weir.config.models import Config
from weir.local.stub_provider import MODELS, CallLog, StubSettings, build
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow
KEY = new_key()
SEAL = SecretStr(KEY)
QUESTION = "Where is my order? I ordered two lamps on Monday."
# 1 USD for a thousand tokens, so that a cost in thousandths is a count of tokens
PRICES = {"input_usd_per_mtok": 1000, "output_usd_per_mtok": 1000}


ABSURD = ("far-429", "huge", "deep", "absurd-usage")
"""Replies that come at once; forty at a time on a busy machine, and the one behind them, need longer than a reply that never comes may wait."""


def route_of(
    model: str, timeout_s: float = 2.0, provider: str = "stub", name: str | None = None
) -> dict[str, object]:
    candidate = {"provider": provider, "model": model, "max_attempts": 1, "timeout_s": timeout_s}
    return {"name": name or model, "candidates": [candidate], "max_output_tokens": 60}


@pytest.fixture
def stub() -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    app = build(StubSettings(latency_s=0.3, slow_s=5.0), CallLog(None))
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


@pytest.fixture
async def broker() -> MemoryBroker:
    """Give a log on which every model of the stub is a route of its own, with a price and a hard budget."""
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    config = Config.model_validate(
        {
            "providers": [{"name": "stub", "base_url": "http://stub"}],
            "routes": [route_of(model, 20.0 if model in (*ABSURD, "stub") else 2.0) for model in MODELS],
            "prices": [
                {"name": f"stub/{model}", "version": 1, "valid_from": "2026-01-01T00:00:00Z", **PRICES}
                for model in MODELS
            ],
            "tenants": [{"name": "acme", "budget": {"monthly_usd": 1000}}],
        }
    )
    await publish_documents(broker, config.documents())
    return broker


@asynccontextmanager
async def running(
    broker: MemoryBroker, url: str, kind: Literal["openai", "anthropic"] = "openai"
) -> AsyncGenerator[None]:
    """Run guard, meter and router as they are deployed, with one provider that is named after the stub or after its kind."""
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
    place = TopicPartition(COMPLETIONS.name, 0)
    async with asyncio.timeout(20):
        while await broker.reader.end(place) < count:
            await asyncio.sleep(0.02)
    events = [
        decode(COMPLETIONS.name, record.value, record.headers)
        for record in await broker.reader.read(place, 0, count)
    ]
    return [event for event in events if isinstance(event, Completion)]


async def booked(
    broker: MemoryBroker, url: str, model: str, deadline_s: float = 30.0
) -> tuple[Completion, BookedAttempt]:
    async with running(broker, url):
        await ask(broker, model, deadline_s)
        (completion,) = await outcomes(broker, 1)
    return completion, completion.attempts[0]


@pytest.mark.parametrize(
    ("model", "error"), [("broken", "cut_off"), ("silent-cut", "cut_off"), ("stalled", "timeout")]
)
async def test_a_call_that_breaks_inside_its_answer_is_booked_as_estimated(
    broker: MemoryBroker, stub: str, model: str, error: str
) -> None:
    completion, line = await booked(broker, stub, model)

    assert (completion.status, line.result.error, line.cost_status) == ("failed", error, "estimated")
    assert line.reason == f"no usage was reported ({error}): counted from what was sent and what arrived"
    assert line.usage is not None
    assert line.usage.input is not None
    assert line.usage.output is not None
    assert line.usage.input == LocalTokenCounter().of_text(QUESTION, model) + 4 + 3
    assert line.usage.output >= 3
    assert completion.cost_usd == line.cost_usd == (Decimal(line.usage.input) + line.usage.output) / 1000
    assert (line.price_source, line.price_version) == ("llm.prices", "1")


@pytest.mark.parametrize("model", ["cut", "billed-503"])
async def test_a_failed_call_that_reports_usage_is_booked_by_it_and_not_estimated(
    broker: MemoryBroker, stub: str, model: str
) -> None:
    completion, line = await booked(broker, stub, model)

    assert (completion.status, line.cost_status, line.result.estimate) == ("failed", "priced", None)
    assert line.result.usage is not None
    assert completion.cost_usd == Decimal(str(line.result.usage["total_tokens"])) / 1000


async def test_an_answer_of_absurd_usage_is_given_and_its_cost_is_held(
    broker: MemoryBroker, stub: str
) -> None:
    completion, line = await booked(broker, stub, "absurd-usage")

    assert (completion.status, line.cost_status, completion.cost_usd) == ("answered", "held", None)
    assert line.usage is not None
    assert (line.usage.output, line.usage.mismatch) == (None, "completion_tokens is no count")


async def test_forty_absurd_replies_leave_the_next_request_its_answer(
    broker: MemoryBroker, stub: str
) -> None:
    async with running(broker, stub):
        for number, model in enumerate(ABSURD * 10):
            await ask(broker, model, request_id=f"r-{number}")
        await ask(broker, "stub")
        ended = await outcomes(broker, 41)

    assert Counter(completion.status for completion in ended) == {"failed": 30, "answered": 11}
    assert {len(completion.attempts) for completion in ended} == {1}
    far = next(completion for completion in ended if completion.request.model == "far-429")
    assert far.error is not None
    assert (far.error.code, far.error.retry_after_s) == ("provider_rate_limited", 3_600.0)


async def test_a_call_of_which_nothing_arrived_is_held_and_its_cost_is_unknown(
    broker: MemoryBroker, stub: str
) -> None:
    completion, line = await booked(broker, stub, "slow")

    assert (completion.status, line.result.error, line.cost_status) == ("failed", "timeout", "held")
    assert (completion.cost_usd, line.cost_usd) == (None, None)


async def test_a_call_that_the_deadline_cuts_is_in_the_books_of_the_expired_request(
    broker: MemoryBroker, stub: str
) -> None:
    await publish_documents(broker, [RouteDocument.model_validate(route_of("stalled", timeout_s=30.0))])

    completion, line = await booked(broker, stub, "stalled", deadline_s=3.0)

    assert (completion.status, line.result.error, line.cost_status) == ("expired", "timeout", "estimated")
    assert completion.cost_usd is not None
    assert completion.cost_usd > 0


async def test_a_call_that_is_still_open_when_the_process_ends_is_unknown_in_the_books_and_not_forgotten(
    broker: MemoryBroker, stub: str
) -> None:
    await publish_documents(broker, [RouteDocument.model_validate(route_of("slow", timeout_s=30.0))])
    async with running(broker, stub):
        await ask(broker, "slow")
        while not await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)):
            await asyncio.sleep(0.02)
    async with running(broker, stub):
        (completion,) = await outcomes(broker, 1)

    assert completion.status == "answered"
    assert [(line.result.state, line.cost_status) for line in completion.attempts] == [
        ("unknown", "unknown"),
        ("finished", "priced"),
    ]
    assert completion.cost_usd is None


async def test_a_call_to_anthropic_is_metered_by_its_own_usage_and_priced_by_the_list(
    broker: MemoryBroker, llmock: LLMock
) -> None:
    llmock.reply("They are on their way.")
    await publish_documents(
        broker,
        [RouteDocument.model_validate(route_of("claude-sonnet-4-5", provider="anthropic", name="claude"))],
    )

    async with running(broker, llmock.base_url("anthropic") + "/v1", "anthropic"):
        await ask(broker, "claude")
        (completion,) = await outcomes(broker, 1)

    (line,) = completion.attempts
    assert (completion.status, completion.output, completion.finish_reason) == (
        "answered",
        "They are on their way.",
        "stop",
    )
    assert (line.result.provider_kind, line.cost_status) == ("anthropic", "priced")
    assert line.result.usage is not None
    assert line.usage is not None
    assert (line.usage.input, line.usage.output) == (
        line.result.usage["input_tokens"],
        line.result.usage["output_tokens"],
    )
    # 3 and 15 USD per million tokens
    assert (
        completion.cost_usd
        == (Decimal(3) * (line.usage.input or 0) + Decimal(15) * (line.usage.output or 0)) / 1_000_000
    )


class NoIndex:
    """An index of outcomes that knows none."""

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        del tenant, request_id

    async def close(self) -> None:
        pass


@asynccontextmanager
async def gateway(broker: MemoryBroker) -> AsyncGenerator[httpx.AsyncClient]:
    """Serve the gateway on a port, and give a client of acme's."""
    keys = {hashlib.sha256(b"weir_acme").hexdigest(): "acme"}
    site = assemble(GatewaySettings(seal_key=SEAL, gateway_keys=keys), broker, NoIndex())
    listening = socket.create_server(("127.0.0.1", 0))
    server = GatewayServer(site, "127.0.0.1", 0, release_after_s=0.2)
    serving = asyncio.create_task(server.serve([listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with httpx.AsyncClient(
        base_url=url, headers={"authorization": "Bearer weir_acme"}, timeout=10
    ) as client:
        async with asyncio.timeout(10):
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        yield client
    server.should_exit = True
    await serving
    listening.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_who_hangs_up_changes_nothing_the_request_is_answered_priced_and_counted_once(
    broker: MemoryBroker, stub: str, *, stream: bool
) -> None:
    body = {
        "model": "stub",
        "messages": [{"role": "user", "content": QUESTION}],
        "request_id": "r-1",
        "stream": stream,
    }
    async with running(broker, stub), gateway(broker) as client:
        call = asyncio.create_task(client.post("/v1/chat/completions", json=body))
        while not await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)):
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait({call})
        (completion,) = await outcomes(broker, 1)
        looked_up = (await client.get("/v1/requests/r-1")).json()["status"]

    (line,) = completion.attempts
    assert (completion.status, looked_up, line.cost_status) == ("answered", "answered", "priced")
    assert line.result.usage is not None
    assert completion.cost_usd == Decimal(str(line.result.usage["total_tokens"])) / 1000
    assert await broker.reader.end(TopicPartition(COMPLETIONS.name, 0)) == 1
    assert await broker.reader.end(TopicPartition(ATTEMPTS.name, 0)) == 1
