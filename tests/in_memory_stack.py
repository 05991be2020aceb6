"""All services on one in-memory stream, with fakes for the provider, ClickHouse and older outcomes."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import SecretStr

import services.gateway.app
import services.meter.app
from schemas.answers import Attempt, ModelAnswer
from schemas.cloudevents import decode
from schemas.documents import PromptDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.policies import PolicyDocument
from schemas.quality import Evaluation
from schemas.requests import AdmittedRequest, LlmRequest
from schemas.topics import TOPIC_OF, kafka_topics
from services.evaluator.domain.recall import RecentCompletions
from services.evaluator.handler import Evaluator
from services.gateway.settings import GatewaySettings
from services.guard.domain.output.placeholder_links import PlaceholderLinkDetector
from services.guard.domain.rule_detectors import KnownValueDetector, RuleDetector
from services.guard.handler import Guard, RequestLimits
from services.guard.screener import DetectorSet, Screener
from services.meter.settings import MeterSettings
from services.router.adapters.system_clock import SystemClock
from services.router.domain.provider_call import ProviderCall, ProviderReply
from services.router.handler import Router
from services.sink.domain.outcome_rows import completion_rows
from services.sink.domain.rows import attempt_rows, evaluation_rows
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.handling import Row
from streaming.loops.dispatcher import Dispatcher
from streaming.loops.sink import Sink
from streaming.loops.stage import Stage
from streaming.process import Service, run
from streaming.seal.seal import Sealer, new_key
from streaming.state.table import Table
from tests.security.fakes import EmptyCompletionStore
from weir.config.models import Config
from weir.stack.publish import publish_documents

KEY = new_key()
SEALER = Sealer.from_text(KEY)
CALLER = {"authorization": "Bearer weir_acme"}
CONFIG = Config.model_validate(
    {
        "providers": [{"name": "echo", "base_url": "http://not-called"}],
        "routes": [
            {
                "name": "small",
                "max_output_tokens": 100,
                "candidates": [{"provider": "echo", "model": "e1", "max_attempts": 1}],
            }
        ],
        "prices": [
            {
                "name": "echo/e1",
                "version": 1,
                "valid_from": "2026-01-01T00:00:00Z",
                "input_usd_per_mtok": 1000,
                "output_usd_per_mtok": 2000,
            }
        ],
        "tenants": [{"name": "acme", "budget": {"monthly_usd": 1000}}],
    }
)
E = TypeVar("E", bound=Event)


class EchoProvider:
    """Repeats the last message, and reports ten input tokens and five output tokens."""

    kind = "openai"

    async def complete(self, call: ProviderCall) -> ProviderReply:
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        return ProviderReply(f"Done: {call.messages[-1].content}", "stop", usage, "e1", 200)


@dataclass(slots=True)
class MemoryRows:
    """The tables of ClickHouse as lists of rows."""

    tables: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])

    async def insert(self, table: str, rows: Sequence[Row], token: str) -> None:
        self.tables.setdefault(table, []).extend(rows)

    async def find_refused(self, table: str, rows: Sequence[Row]) -> Sequence[int]:
        return ()

    async def check(self) -> None:
        pass


class NoOlderOutcomes:
    """An index of outcomes that holds none."""

    async def find(self, tenant: str, request_id: str) -> None:
        return None

    async def close(self) -> None:
        pass


def guard() -> Service:
    """The guard with detectors that need no model."""
    rules = (RuleDetector(), KnownValueDetector(), PlaceholderLinkDetector())
    screener = Screener(DetectorSet(rules=rules, privacy=()))
    policies = Table(PolicyDocument)
    handler = Guard(screening=screener, policies=policies, sealer=SEALER, limits=RequestLimits())
    handlers = {LlmRequest: handler.screen, ModelAnswer: handler.check}
    return Service("guard", [Stage("guard", handlers, SEALER, "guard-1")], [policies])


def router() -> Service:
    """The router with one provider."""
    prompts, routes = Table(PromptDocument), Table(RouteDocument)
    handler = Router(
        prompts=prompts, routes=routes, providers={"echo": EchoProvider()}, sealer=SEALER, clock=SystemClock()
    )
    dispatcher = Dispatcher(
        group="router",
        source=AdmittedRequest,
        call=handler.answer,
        journal=Attempt,
        finish=ModelAnswer,
        in_flight=4,
        sealer=SEALER,
        client_id="router-1",
    )
    return Service("router", [dispatcher], [prompts, routes])


def evaluator() -> Service:
    """The evaluator, which takes every text for English."""
    handler = Evaluator(
        recall=RecentCompletions(10),
        lookup=EmptyCompletionStore(),
        language_of=lambda _: "en",
        waits_s=(),
        sleep=asyncio.sleep,
    )
    return Service("evaluator", [Stage("evaluator", {Completion: handler.evaluate}, SEALER, "evaluator-1")])


def sink(rows: MemoryRows) -> Service:
    """The sink for attempts, completions and evaluations."""
    tables = {Attempt: attempt_rows, Completion: completion_rows, Evaluation: evaluation_rows}
    return Service("sink", [Sink("sink", tables, {}, rows, SEALER, "sink-1")])


@dataclass(frozen=True, slots=True)
class InMemoryStack:
    """A running stack: its stream, its stored rows, and a caller of tenant acme over HTTP."""

    broker: MemoryBroker
    rows: MemoryRows
    caller: httpx.AsyncClient

    async def event(self, kind: type[E]) -> E:
        """Wait for the first event of a class on its topic."""
        partition = TopicPartition(TOPIC_OF[kind].name, 0)
        while await self.broker.reader.end(partition) == 0:
            await asyncio.sleep(0.005)
        (record, *_) = await self.broker.reader.read(partition, 0, 1)
        event = decode(record.topic, record.value, record.headers)
        assert isinstance(event, kind)
        return event

    async def stored(self, table: str) -> Row:
        """Wait for the first row of a table."""
        while table not in self.rows.tables:
            await asyncio.sleep(0.005)
        return self.rows.tables[table][0]


@asynccontextmanager
async def running_stack() -> AsyncGenerator[InMemoryStack]:
    """Run gateway, guard, meter, router, evaluator and sink."""
    broker, rows, stop = MemoryBroker(), MemoryRows(), asyncio.Event()
    await broker.admin.create_topics(kafka_topics(1))
    await publish_documents(broker, CONFIG.documents())
    seal = SecretStr(KEY)
    meter = services.meter.app.build(MeterSettings(seal_key=seal))
    built = [guard(), meter, router(), evaluator(), sink(rows)]
    keys = {hashlib.sha256(b"weir_acme").hexdigest(): "acme"}
    gateway = services.gateway.app.assemble(
        GatewaySettings(seal_key=seal, gateway_keys=keys), broker, NoOlderOutcomes()
    )
    working = asyncio.create_task(run(built, broker, session_s=60, stop=stop))
    caller = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=gateway.app), base_url="http://gateway", headers=CALLER
    )
    try:
        async with gateway.app.router.lifespan_context(gateway.app), caller:
            while (await caller.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.01)
            yield InMemoryStack(broker, rows, caller)
    finally:
        stop.set()
        await working
