"""Builders for the tests of repricing: a stream of booked calls, a running meter, sums by tenant."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from pydantic import SecretStr

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.documents import Candidate, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.prices import PriceDocument
from schemas.requests import RequestFacts, ScreenedRequest
from schemas.topics import ADJUSTMENTS, COMPLETIONS, kafka_topics
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.app import build
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.windows import month_of
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE, Incoming
from streaming.process import run
from streaming.seal.seal import Sealer, new_key
from weir.prices.booking_log import (
    CallSelection,
    current_bookings,
    events_from,
    partitions_of,
)
from weir.prices.corrections import CorrectionReport, reprice_calls
from weir.prices.repricing import Repricing
from weir.stack.publish import publish_documents

KEY = new_key()
SETTINGS = MeterSettings(seal_key=SecretStr(KEY), meter_snapshot_every_s=1)
NOW = datetime.now(UTC)
NOON = NOW - timedelta(hours=1)
DAY = CallSelection(NOW - timedelta(hours=12), NOW + timedelta(hours=12))
SPACE = UUID("00000000-0000-5000-8000-000000000002")
TENANTS = ("acme", "globex", "initech")
CALLS = 60


def prices(*dollars: str, name: str = "local/m", version: int = 1) -> PriceDocument:
    """One price for ever, or one until noon and another one from then on."""
    begins = (NOW - timedelta(days=90), NOON)
    periods = [
        {"valid_from": at, "input_usd_per_mtok": usd, "output_usd_per_mtok": str(3 * Decimal(usd))}
        for at, usd in zip(begins, dollars, strict=False)
    ]
    return PriceDocument.model_validate({"name": name, "version": version, "periods": periods})


def facts(number: int) -> RequestFacts:
    return RequestFacts(
        record_id=uuid5(SPACE, str(number)),
        tenant=TENANTS[number % 3],
        request_id=f"r{number}",
        model="small",
        source=SourcePosition(topic="llm.requests", partition=0, offset=number, appended_at=NOW),
        received_at=NOW,
        screened_at=NOW,
        deadline=NOW + timedelta(hours=2),  # the module is imported long before its tests run
        content_digest=f"d{number}",
    )


def traffic(number: int, model: str = "m") -> tuple[ScreenedRequest, ScreenedAnswer]:
    """A request and its answer, whose call started within two hours around noon."""
    request = facts(number)
    verdict = Verdict.model_validate(
        {"direction": "input", "action": "allow", "policy": "p", "policy_version": 1, "took_ms": 1}
    )
    call = AttemptResult(
        attempt_id=uuid5(request.record_id, "1"),
        number=1,
        provider="local",
        model=model,
        state="finished",
        usage={
            "prompt_tokens": 11 + number,
            "completion_tokens": 7 * number,
            "total_tokens": 11 + 8 * number,
        },
        started_at=NOON + timedelta(minutes=number - CALLS / 2),
    )
    screened = ScreenedRequest(
        request=request, messages=(Message(role="user", content="hi"),), verdict=verdict
    )
    return screened, ScreenedAnswer(
        request=request, status="answered", output="ok", attempts=(call,), answered_at=NOW, screened_at=NOW
    )


@asynccontextmanager
async def running_meter(broker: MemoryBroker) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run([build(SETTINGS)], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def publish(broker: MemoryBroker, events: Sequence[Event]) -> None:
    publisher = Publisher(broker.producer, group="guard", sealer=Sealer.from_text(KEY))
    await acknowledged(
        [await publisher.send(event, uuid5(NAMESPACE, event.model_dump_json()), None) for event in events]
    )


async def count(broker: MemoryBroker, topic: str) -> int:
    return sum([await broker.reader.end(partition) for partition in await partitions_of(broker, topic)])


async def booked_stream(document: PriceDocument, model: str = "m") -> MemoryBroker:
    """A broker on which the meter has booked all calls with this price."""
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(3))
    route = RouteDocument(
        name="small", candidates=(Candidate(provider="local", model=model),), max_output_tokens=90
    )
    await publish_documents(broker, [route, document])
    pairs = [traffic(number, model) for number in range(CALLS)]
    async with running_meter(broker), asyncio.timeout(20):
        await publish(broker, [screened for screened, _ in pairs])
        while await count(broker, "llm.requests.admitted") < CALLS:
            await asyncio.sleep(0.02)
        await publish(broker, [answer for _, answer in pairs])
        while await count(broker, COMPLETIONS.name) < CALLS:
            await asyncio.sleep(0.02)
    return broker


async def totals(broker: MemoryBroker) -> Mapping[str, tuple[Decimal, Decimal]]:
    """By tenant: the account as it is folded from the log, and the sum of all lines."""
    accounts, lines = Accounts(), dict[str, Decimal]()

    def take(incoming: Incoming[Event]) -> None:
        accounts.fold(incoming.event, incoming.event_id)
        if isinstance(incoming.event, Completion | Adjustment):
            tenant = incoming.event.partition_key
            lines[tenant] = lines.get(tenant, Decimal(0)) + sum(
                (line.cost_usd or Decimal(0) for line in incoming.event.attempts), Decimal(0)
            )

    for topic in (ADJUSTMENTS.name, COMPLETIONS.name):
        for partition in await partitions_of(broker, topic):
            async for part in events_from(broker, partition, 0):
                for incoming in part:
                    take(incoming)
    months = {
        month_of(NOW),
        month_of(datetime.now(UTC)),
    }  # the run may go on into the next month, and calls count when they are booked
    captured = {
        tenant: sum((accounts.balance(tenant, Decimal(1), month).captured for month in months), Decimal(0))
        for tenant in TENANTS
    }
    return {tenant: (captured[tenant], lines[tenant]) for tenant in TENANTS}


async def repriced(broker: MemoryBroker, wait_s: float | None = 10) -> CorrectionReport:
    async with asyncio.timeout(20):
        return await reprice_calls(broker, DAY, wait_s)


class OnePrice:
    """A table of prices with one document."""

    def __init__(self, document: PriceDocument) -> None:
        self._document = document

    def get(self, name: str) -> PriceDocument | None:
        return self._document if name == self._document.name else None


async def corrections_at(broker: MemoryBroker, document: PriceDocument) -> list[Correction]:
    """What a run of the command that knows only this price would ask for."""
    difference = Repricing(
        "reprice", OverridingPriceBook(OnePrice(document), GenaiPriceList()), datetime.now(UTC)
    )
    return [
        wish
        async for part in current_bookings(broker, DAY.includes)
        for wish in difference.corrections_for(part)
    ]
