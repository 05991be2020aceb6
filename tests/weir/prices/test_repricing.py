"""Repricing and settling end to end on the broker in memory, with the meter as it is deployed."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from pydantic import SecretStr

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.documents import Candidate, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.prices import PriceDocument
from schemas.requests import RequestFacts, ScreenedRequest
from schemas.topics import ADJUSTMENTS, COMPLETIONS, CORRECTIONS, dead_letter_topic, kafka_topics
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.app import build
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.windows import month_of
from services.meter.settings import MeterSettings
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE, Incoming
from streaming.process import run
from streaming.seal.seal import Sealer, new_key
from weir.prices.booking_log import (
    CallSelection,
    HistoryGoneError,
    current_bookings,
    ends_of,
    events_from,
    partitions_of,
)
from weir.prices.correction_requests import CorrectionCounts, CorrectionRequests
from weir.prices.corrections import CorrectionReport, reprice_calls, settle_calls
from weir.prices.repricing import Repricing
from weir.prices.tables import remarks
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow
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


async def wishes_at(broker: MemoryBroker, document: PriceDocument) -> list[Correction]:
    """What a run of the command that knows only this price would ask for."""
    difference = Repricing(
        "reprice", OverridingPriceBook(OnePrice(document), GenaiPriceList()), datetime.now(UTC)
    )
    return [
        wish
        async for part in current_bookings(broker, DAY.includes)
        for wish in difference.corrections_for(part)
    ]


async def test_a_price_change_at_noon_that_comes_late_is_booked_as_if_it_had_been_known() -> None:
    late, fresh = await booked_stream(prices("1000")), await booked_stream(prices("1000", "700.123456789012"))
    await publish_documents(late, [prices("1000", "700.123456789012", version=2)])

    async with running_meter(late):
        dry = await repriced(late, wait_s=None)
        assert await count(late, CORRECTIONS.name) == 0
        booked, again = await repriced(late), await repriced(late)

    assert (dry.needed, dry.decided, dry.difference.total().lines) == (30, None, CALLS)
    assert (booked.needed, booked.decided) == (30, CorrectionCounts(booked=30))
    difference_usd = dry.difference.total().difference_usd
    assert difference_usd is not None
    assert booked.difference.total().difference_usd == difference_usd < 0
    assert (again.needed, again.difference.total().difference_usd) == (0, 0)
    assert await totals(late) == await totals(fresh)
    assert all(account == lines > 0 for account, lines in (await totals(late)).values())


async def test_the_same_stream_replayed_gives_the_same_totals() -> None:
    once, again = [await booked_stream(prices("1000", "700.5")) for _ in range(2)]
    assert await totals(once) == await totals(again)


async def test_corrections_that_are_published_twice_while_the_meter_stops_and_starts_are_booked_once() -> (
    None
):
    broker, fresh = await booked_stream(prices("1000")), await booked_stream(prices("1000", "250"))
    await publish_documents(broker, [prices("1000", "250", version=2)])
    waiting, second = await repriced(broker, wait_s=0), await repriced(broker, wait_s=0)

    for _ in range(3):
        async with running_meter(broker):
            await repriced(broker, wait_s=0)
            await asyncio.sleep(0.3)
    async with running_meter(broker):
        rest = await repriced(broker)

    assert waiting.decided == second.decided == CorrectionCounts(waiting=30)
    assert (rest.needed, rest.decided) == (0, CorrectionCounts())
    assert await count(broker, CORRECTIONS.name) > 30
    assert await count(broker, ADJUSTMENTS.name) == 30
    assert await totals(broker) == await totals(fresh)


async def test_one_tenant_and_one_model_are_corrected_alone() -> None:
    broker = await booked_stream(prices("1000"))
    await publish_documents(broker, [prices("500", version=2)])
    async with running_meter(broker), asyncio.timeout(20):
        found = await reprice_calls(broker, CallSelection(DAY.since, DAY.until, "acme", "local/m"), 10)
        other = await reprice_calls(broker, CallSelection(DAY.since, DAY.until, None, "local/other"), None)
    assert {cut.tenant for cut, _ in found.difference.by_key()} == {"acme"}
    assert found.decided == CorrectionCounts(booked=20)
    assert other.difference.total().lines == 0


async def test_held_lines_are_settled_once_they_have_a_price() -> None:
    broker, fresh = (
        await booked_stream(prices("1", name="local/other"), "new"),
        await booked_stream(prices("400", name="local/new"), "new"),
    )
    none = await settle_calls(broker, (None, None), None)
    await publish_documents(broker, [prices("400", name="local/new")])
    async with running_meter(broker), asyncio.timeout(20):
        one = await settle_calls(broker, ("acme", None), 10)
        rest = await settle_calls(broker, (None, None), 10)
    assert (none.difference.total().left_alone, none.difference.total().new_usd, none.needed) == (
        CALLS,
        None,
        0,
    )
    assert list(remarks(none)) == [
        f"{CALLS} calls stay held: no price for local/new",
        "nothing to settle: docs/runbooks/held-lines.md says what to do for each reason",
    ]
    assert (one.needed, one.decided, rest.needed, rest.decided) == (
        20,
        CorrectionCounts(booked=20),
        40,
        CorrectionCounts(booked=40),
    )
    assert await totals(broker) == await totals(fresh)
    assert list(remarks(await settle_calls(broker, (None, None), None))) == [
        "nothing to settle: no call is held"
    ]


async def test_a_correction_of_somebody_else_is_told_apart_from_ones_own() -> None:
    broker, adjusted = (
        await booked_stream(prices("1000")),
        {TopicPartition(ADJUSTMENTS.name, number): 0 for number in range(3)},
    )
    theirs, ours = CorrectionRequests(broker, adjusted), CorrectionRequests(broker, adjusted)
    await theirs.publish(await wishes_at(broker, prices("1000", "250", version=2)))
    await ours.publish(await wishes_at(broker, prices("1000", "300", version=3)))
    await publish_documents(broker, [prices("1000", "300", version=3)])
    async with running_meter(broker), asyncio.timeout(20):
        decided = await theirs.wait_decided(10), await ours.wait_decided(10)
        rest = await repriced(broker)
    assert decided == (CorrectionCounts(booked=30), CorrectionCounts(overtaken=30))
    assert (rest.needed, rest.decided) == (30, CorrectionCounts(booked=30))


async def test_what_the_meter_refuses_is_a_dead_letter_and_told() -> None:
    broker = await booked_stream(prices("1000"))
    one, other, *_ = await wishes_at(broker, prices("500", version=2))
    wishes = CorrectionRequests(broker, await ends_of(broker, ADJUSTMENTS.name))
    await wishes.publish([one.model_copy(update={"period": "for ever"}), other])
    async with running_meter(broker), asyncio.timeout(20):
        decided = await wishes.wait_decided(10)
    assert decided == CorrectionCounts(booked=1, refused=1)
    assert (
        await count(broker, dead_letter_topic(CORRECTIONS.name)),
        await count(broker, ADJUSTMENTS.name),
    ) == (1, 1)


async def test_calls_that_the_stream_has_dropped_are_refused_with_what_it_holds() -> None:
    broker = await booked_stream(prices("1000"))
    await broker.admin.delete_before({TopicPartition(COMPLETIONS.name, number): 5 for number in range(3)})
    with pytest.raises(
        HistoryGoneError,
        match=r"the stream holds completions from .* on, and .* lies before it: ask from then on",
    ):
        await repriced(broker)


async def test_what_is_no_event_on_the_topic_is_passed_over() -> None:
    broker = await booked_stream(prices("1000"))
    await acknowledged(
        [
            await broker.producer.send(
                OutboundRecord(COMPLETIONS.name, b"acme", b"{", (("ce_type", b"weir.llm.completion.v1"),))
            )
        ]
    )
    assert (await repriced(broker, wait_s=None)).difference.total().lines == CALLS
