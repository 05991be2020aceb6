"""What the gateway's tests start from: a broker in memory, a pipeline that echoes, and a client on the real application."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.answers import RouteDecision
from schemas.cloudevents import decode, encode
from schemas.documents import Candidate, RouteDocument
from schemas.outcomes import Completion, StageTimes, TokenUsage
from schemas.requests import LlmRequest, RequestFacts
from schemas.topics import COMPLETIONS, REQUESTS, ROUTES, kafka_topics
from schemas.values import ErrorFacts, SourcePosition
from schemas.verdicts import Verdict
from services.gateway.app import GatewayApp, assemble
from services.gateway.settings import GatewaySettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, Record
from streaming.errors import DependencyDownError
from streaming.events.publishing import Publisher
from streaming.handling import position_id
from streaming.seal.content import opened_request, seal_pseudonyms
from streaming.seal.seal import Sealer, new_key
from tests.services.gateway.moderating import moderating_verdict

ACME_KEY, GLOBEX_KEY = "weir_acme-key", "weir_globex-key"
SEAL_KEY = new_key()
SEALER = Sealer.from_text(SEAL_KEY)
REFUSALS: Mapping[str, tuple[str, ErrorFacts | None]] = {
    "blocked": ("blocked", None),
    "nowhere": (
        "rejected",
        ErrorFacts(code="unknown_model", message="there is no route 'nowhere'; there are: small"),
    ),
    "promptless": ("rejected", ErrorFacts(code="unknown_prompt", message="there is no prompt of that name")),
    "wrong": ("rejected", ErrorFacts(code="invalid", message="not acceptable")),
    "poor": ("rejected", ErrorFacts(code="budget_exceeded", message="the month's budget is spent")),
    "spent-tokens": (
        "rejected",
        ErrorFacts(code="token_budget_exceeded", message="the day's tokens are spent"),
    ),
    "spent-requests": (
        "rejected",
        ErrorFacts(code="request_budget_exceeded", message="the day's requests are spent"),
    ),
    "unpriced": ("rejected", ErrorFacts(code="price_unknown", message="publish a price")),
    "crowded": (
        "rejected",
        ErrorFacts(code="concurrency_exceeded", message="wait until one has ended", retry_after_s=1.0),
    ),
    "hasty": (
        "rejected",
        ErrorFacts(code="rate_limit_exceeded", message="too many requests", retry_after_s=6.2),
    ),
    "too-long": (
        "rejected",
        ErrorFacts(
            code="rate_limit_exceeded", message="the request alone asks for more than the rate ever allows"
        ),
    ),
    "other-body": (
        "rejected",
        ErrorFacts(code="duplicate_other_body", message="another body was sent under this request id"),
    ),
    "broken": ("failed", ErrorFacts(code="provider_unavailable", message="no answer over route 'broken'")),
    "late": ("expired", None),
}


@dataclass(slots=True)
class ForgetfulIndex:
    """Knows the places that a test put in; may be down."""

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


class EchoPipeline:
    """Ends every request: by its model's name as a table says, else by answering with its last message; `silent` never ends."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.places: list[tuple[Completion, int, int]] = []
        self.start: Literal["beginning", "end"] = "beginning"
        self.opened = asyncio.Event()
        self.requests: list[LlmRequest] = []
        self.published: list[LlmRequest] = []
        self.held: list[Completion] = []
        self._first: dict[tuple[str, str], tuple[UUID, str]] = {}

    async def run(self) -> None:
        async with self.broker.follow([REQUESTS.name], start=self.start) as follower:
            self.opened.set()
            while True:
                for record in await follower.poll(max_records=100, timeout_s=1):
                    await self._end(record)

    async def _end(self, record: Record) -> None:
        published = decode(record.topic, record.value, record.headers)
        assert isinstance(published, LlmRequest)
        self.published.append(published)
        request = opened_request(SEALER, published)
        self.requests.append(request)
        if request.model == "oversized":
            await Publisher(self.broker.producer, group="guard", sealer=SEALER).send_dead_letter(
                record, "too_large", "the request holds 300000 characters"
            )
        elif request.model == "unforeseen":
            await Publisher(self.broker.producer, group="guard", sealer=SEALER).send_dead_letter(
                record, "unexpected_error", "KeyError in guard"
            )
        elif request.model == "held":
            self.held.append(self._completion(record, request))
        elif request.model != "silent":
            await self.append(self._completion(record, request))

    async def append(self, completion: Completion) -> int:
        encoded = encode(completion, event_id=uuid4(), source="meter", time=datetime.now(UTC))
        offset = await (
            await self.broker.producer.send(
                OutboundRecord(COMPLETIONS.name, encoded.key, encoded.value, encoded.headers, 0)
            )
        )
        self.places.append((completion, 0, offset))
        return offset

    def _completion(self, record: Record, request: LlmRequest) -> Completion:
        facts = facts_of(record, request)
        messages = request.messages or ()
        text = messages[-1].content if messages else ""
        digest = hashlib.sha256(text.encode()).hexdigest()
        first_id, first_digest = self._first.setdefault(
            (facts.tenant, facts.request_id), (facts.record_id, digest)
        )
        if first_id != facts.record_id:
            error = (
                None
                if first_digest == digest
                else ErrorFacts(
                    code="duplicate_other_body", message="another body was sent under this request id"
                )
            )
            return completion_of(
                facts,
                "rejected" if error else "duplicate",
                error=error,
                duplicate_of=None if error else first_id,
            )
        if request.model in REFUSALS:
            status, error = REFUSALS[request.model]
            return completion_of(
                facts, status, error=error, input_verdict=blocking_verdict() if status == "blocked" else None
            )
        if request.screen_only:
            return completion_of(
                facts, "screened", input_verdict=moderating_verdict(text), cost_usd=Decimal(0)
            )
        masked = text.replace("Ada Lovelace", "<PERSON_1>")
        pseudonyms = seal_pseudonyms(
            SEALER, facts.tenant, facts.record_id, {"<PERSON_1>": "Ada Lovelace"}, datetime.now(UTC)
        )
        return completion_of(
            facts,
            "answered",
            output=f"You said: {masked}",
            pseudonyms=pseudonyms if masked != text else None,
            finish_reason="length" if request.max_tokens == 1 else "stop",
            route=RouteDecision(route=facts.model, provider="local", model="smollm2", candidate=0),
            usage=TokenUsage(input=7, cache_read=3, cache_write=0, output=5, reasoning=0),
            cost_usd=Decimal("0.00000108"),
        )


def facts_of(record: Record, request: LlmRequest) -> RequestFacts:
    return RequestFacts(
        record_id=position_id(record),
        tenant=request.tenant,
        request_id=request.request_id or "",
        model=request.model,
        source=SourcePosition(
            topic=record.topic, partition=record.partition, offset=record.offset, appended_at=record.moment
        ),
        received_at=record.moment,
        screened_at=record.moment,
        deadline=request.deadline or record.moment + timedelta(seconds=60),
        content_digest="00",
    )


def completion_of(facts: RequestFacts, status: str, **fields: Any) -> Completion:
    times = StageTimes(received_at=facts.received_at)
    return Completion.model_validate(
        {"request": facts, "status": status, "times": times, "completed_at": datetime.now(UTC), **fields}
    )


def blocking_verdict() -> Verdict:
    return Verdict(
        direction="input",
        action="block",
        reason="prompt injection",
        policy="default",
        policy_version=1,
        took_ms=Decimal(1),
    )


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
