"""Corrections end to end on the in-memory broker: each call once, of the selected tenant and model alone."""

import asyncio

import pytest

from schemas.topics import ADJUSTMENTS, CORRECTIONS
from tests.weir.prices.bench import (
    CALLS,
    DAY,
    booked_stream,
    count,
    prices,
    repriced,
    running_meter,
    totals,
)
from weir.prices.booking_log import (
    CallSelection,
)
from weir.prices.correction_requests import CorrectionCounts
from weir.prices.corrections import reprice_calls, settle_calls
from weir.prices.tables import remarks
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow


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

    assert (none.difference.total().without_price, none.difference.total().new_usd, none.needed) == (
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
