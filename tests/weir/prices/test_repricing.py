"""Repricing and settling end to end on the in-memory broker, with the deployed meter."""

import pytest

from schemas.topics import CORRECTIONS
from tests.weir.prices.bench import (
    CALLS,
    booked_stream,
    count,
    prices,
    repriced,
    running_meter,
    totals,
)
from weir.prices.correction_requests import CorrectionCounts
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.slow


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
