"""Many producers share 10.00 USD with a slow provider: the real meter and router keep the bound."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import SecretStr

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode
from schemas.documents import Candidate, PromptDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.prices import PriceDocument
from schemas.requests import AdmittedRequest, RequestFacts, ScreenedRequest
from schemas.topics import ADJUSTMENTS, COMPLETIONS, REQUESTS_ADMITTED, kafka_topics
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.app import build as build_meter
from services.meter.domain.limits.windows import month_of
from services.meter.settings import MeterSettings
from services.router.adapters.system_clock import SystemClock
from services.router.domain.provider_call import ProviderCall, ProviderReply
from services.router.handler import Router
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE, Incoming
from streaming.loops.dispatcher import Dispatcher
from streaming.loops.stage import Stage
from streaming.process import Service, run, unique_client_id
from streaming.seal.seal import Sealer, new_key
from streaming.state.table import Table
from weir.budgets.accounts import read_account

pytestmark = pytest.mark.slow
KEY = new_key()
SEALER = Sealer.from_text(KEY)
BUDGET = Decimal("10.00")
# 1,000 USD for a million tokens: an answer of full length costs 0.1 USD, and the input comes on top.
ANSWER_TOKENS, USD_PER_MTOK = 100, Decimal(1000)


class SlowProvider:
    """Answers at full length after 50 ms; reports `unforeseen` more input tokens than there are."""

    kind = "openai"

    def __init__(self, unforeseen: int) -> None:
        self._unforeseen = unforeseen
        self.open = self.most_open = self.calls = 0
        self.longest_answers: list[int] = []

    async def complete(self, call: ProviderCall) -> ProviderReply:
        self.open, self.calls = self.open + 1, self.calls + 1
        self.most_open = max(self.most_open, self.open)
        self.longest_answers.append(call.max_tokens)
        await asyncio.sleep(0.05)
        self.open -= 1
        usage = {"prompt_tokens": 20 + self._unforeseen, "completion_tokens": call.max_tokens}
        return ProviderReply("ok", "stop", {**usage, "total_tokens": sum(usage.values())}, None, 200)


async def check(incoming: Incoming[ModelAnswer]) -> Sequence[Event]:
    """The guard's stage, which lets every answer pass."""
    fields = incoming.event.model_dump(exclude={"sealed", "messages"})
    return [ScreenedAnswer.model_validate({**fields, "output": "ok", "screened_at": incoming.now})]


def services(provider: SlowProvider) -> list[Service]:
    routes, prompts = Table(RouteDocument), Table(PromptDocument)
    router = Router(
        prompts=prompts, routes=routes, providers={"slow": provider}, sealer=SEALER, clock=SystemClock()
    )
    dispatcher = Dispatcher(
        group="router",
        source=AdmittedRequest,
        call=router.answer,
        journal=Attempt,
        finish=ModelAnswer,
        in_flight=300,
        sealer=SEALER,
        client_id=unique_client_id("router"),
    )
    stage = Stage(
        group="guard", handlers={ModelAnswer: check}, sealer=SEALER, client_id=unique_client_id("guard")
    )
    meter = build_meter(MeterSettings(seal_key=SecretStr(KEY), meter_snapshot_every_s=1))
    return [meter, Service("router", [dispatcher], [prompts, routes]), Service("guard", [stage])]


class Stream:
    """An in-memory stream that the producers share."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self._publisher = Publisher(self.broker.producer, group="guard", sealer=SEALER)
        self.outcomes: dict[UUID, Completion] = {}
        self._read = 0

    async def publish(self, event: Event, name: str) -> None:
        await acknowledged([await self._publisher.send(event, uuid5(NAMESPACE, name), None)])

    async def follow(self) -> None:
        partition = TopicPartition(COMPLETIONS.name, 0)
        while True:
            end = await self.broker.reader.end(partition)
            for record in await self.broker.reader.read(partition, self._read, end):
                event = decode(record.topic, record.value, record.headers)
                assert isinstance(event, Completion)
                self.outcomes[event.request.record_id] = event
            self._read = end
            await asyncio.sleep(0.005)

    async def produce(self, producer: int, requests: int) -> None:
        """Send requests in sequence, each after the outcome of the previous one."""
        for number in range(requests):
            request = screened(f"{producer}-{number}")
            await self.publish(request, str(request.request.record_id))
            while request.request.record_id not in self.outcomes:
                await asyncio.sleep(0.01)


def screened(name: str) -> ScreenedRequest:
    now = datetime.now(UTC)
    facts = RequestFacts(
        record_id=uuid5(NAMESPACE, name),
        tenant="acme",
        request_id=name,
        model="small",
        source=SourcePosition(topic="llm.requests", partition=0, offset=0, appended_at=now),
        received_at=now,
        screened_at=now,
        deadline=now + timedelta(seconds=60),
        content_digest=name,
    )
    verdict = Verdict(
        direction="input", action="allow", policy="default", policy_version=1, took_ms=Decimal(1)
    )
    return ScreenedRequest(request=facts, messages=(Message(role="user", content="hi"),), verdict=verdict)


@asynccontextmanager
async def running(provider: SlowProvider, **terms: Any) -> AsyncGenerator[Stream]:
    stream, stop = Stream(), asyncio.Event()
    await stream.broker.admin.create_topics(kafka_topics(1))
    candidate = Candidate(provider="slow", model="m", max_attempts=1)
    price = {
        "input_usd_per_mtok": USD_PER_MTOK,
        "output_usd_per_mtok": USD_PER_MTOK,
        "version": 1,
        "valid_from": "2026-01-01T00:00:00Z",
    }
    await stream.publish(
        RouteDocument(name="small", candidates=(candidate,), max_output_tokens=ANSWER_TOKENS), "route"
    )
    await stream.publish(PriceDocument.model_validate({"name": "slow/m", **price}), "price")
    await stream.publish(
        BudgetDocument.model_validate({"name": "acme", "monthly_usd": BUDGET, **terms}), "budget"
    )
    tasks = [
        asyncio.create_task(run(services(provider), stream.broker, session_s=60, stop=stop)),
        asyncio.create_task(stream.follow()),
    ]
    try:
        yield stream
    finally:
        stop.set()
        await tasks[0]
        tasks[1].cancel()
        await asyncio.wait(tasks)


async def measured(stream: Stream, producers: int) -> tuple[Decimal, list[Completion]]:
    """Run all producers at once; returns the captured amount in the accounts and all outcomes."""
    async with asyncio.timeout(100), asyncio.TaskGroup() as group:
        for producer in range(producers):
            group.create_task(stream.produce(producer, 3))
    accounts = await read_account(stream.broker, "acme")
    balance = accounts.balance("acme", BUDGET, month_of(datetime.now(UTC)))
    assert (balance.reserved, balance.held) == (0, 0)
    return balance.captured, list(stream.outcomes.values())


@pytest.mark.parametrize("producers", [64, 256])
async def test_no_more_is_captured_than_the_budget_has_where_calls_keep_within_their_estimate(
    producers: int,
) -> None:
    provider = SlowProvider(unforeseen=0)
    async with running(provider) as stream:
        captured, outcomes = await measured(stream, producers)
        admitted = await stream.broker.reader.end(TopicPartition(REQUESTS_ADMITTED.name, 0))
        assert await stream.broker.reader.end(TopicPartition(ADJUSTMENTS.name, 0)) == 0
    answered = [outcome for outcome in outcomes if outcome.status == "answered"]
    refused = [outcome.error.code for outcome in outcomes if outcome.error is not None]
    assert captured == sum((outcome.cost_usd or Decimal(0) for outcome in answered), Decimal(0))
    assert Decimal("9.8") < captured <= BUDGET
    assert len(outcomes) == 3 * producers
    assert len(answered) == provider.calls == admitted
    assert refused == ["budget_exceeded"] * (3 * producers - admitted)


@pytest.mark.parametrize("producers", [64, 256])
async def test_what_is_passed_is_at_most_what_the_open_requests_cost_beyond_their_estimates(
    producers: int,
) -> None:
    unforeseen = 30
    provider = SlowProvider(unforeseen)
    async with running(provider) as stream:
        captured, outcomes = await measured(stream, producers)
    reserved = [
        (outcome.cost_usd or Decimal(0), outcome.reservation.amount_usd or Decimal(0))
        for outcome in outcomes
        if outcome.reservation is not None
    ]
    beyond = max(cost - estimate for cost, estimate in reserved)
    open_at_once = min(producers, int(BUDGET / min(estimate for _, estimate in reserved)))
    assert provider.most_open <= open_at_once
    assert 0 < captured - BUDGET <= open_at_once * beyond


async def test_smaller_grants_use_the_budget_up_and_the_router_keeps_to_them() -> None:
    provider = SlowProvider(unforeseen=0)
    async with running(provider, when_short="shrink", least_output_tokens=10) as stream:
        captured, _ = await measured(stream, 64)
    assert Decimal("9.94") < captured <= BUDGET
    assert 10 <= min(provider.longest_answers) < ANSWER_TOKENS


async def test_no_more_requests_are_open_than_a_limit_of_concurrency_allows() -> None:
    provider = SlowProvider(unforeseen=0)
    async with running(provider, limits=[{"name": "open", "unit": "concurrency", "amount": 5}]) as stream:
        _, outcomes = await measured(stream, 64)
    codes = {outcome.error.code for outcome in outcomes if outcome.error is not None}
    assert provider.most_open <= 5
    assert codes == {"concurrency_exceeded"}
