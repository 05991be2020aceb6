"""The balance with corrections: they are no calls, and a call's lines add up to the price in force."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.outcomes import Adjustment, BookedAttempt, BookingEntry
from services.sink.domain.outcome_rows import adjustment_rows
from streaming.handling import Incoming
from streaming.records import Record

if TYPE_CHECKING:
    from tests.weir.verify.conftest import Place, Stream

pytestmark = pytest.mark.integration
OFFSETS = count()
WRONG = "1 calls have corrections that do not add up to the price in force"


async def correct(stream: "Stream", place: "Place", *entries: tuple[BookingEntry, str], minutes: int = 1) -> None:
    """Book a call anew, as the meter does."""
    at = stream.AT + timedelta(minutes=minutes)
    line = stream.booked(place)
    lines = [
        line.model_copy(update={"entry": entry, "cost_usd": Decimal(cost), "cost_status": "priced", "booked_at": at, "usage": None})
        for entry, cost in entries
    ]
    adjustment = Adjustment(
        record_id=place.record_id,
        tenant="acme",
        request_id="corrected",
        model="small",
        reason="price_correction",
        budget="acme",
        period="2026-11",
        attempts=tuple(lines),
        booked_at=at,
    )
    offset = next(OFFSETS)
    await stream.insert(adjustment_rows(Incoming(adjustment, UUID(int=offset), Record("llm.adjustments", 0, offset, 0, None, b""), at)))


async def held(stream: "Stream") -> "Place":
    """A request whose one call has no price."""
    place = await stream.request()
    await stream.journal(place)
    await stream.guard_commits()
    line: BookedAttempt = stream.booked(place).model_copy(update={"cost_usd": None, "cost_status": "held", "reason": "no price"})
    await stream.end(stream.completion(place).model_copy(update={"attempts": (line,), "cost_usd": None}))
    return place


async def test_a_call_that_is_booked_anew_twice_closes_and_stays_one_call(settled: "Stream") -> None:
    place = await settled.answered()
    await settled.guard_commits()
    price = str(settled.booked(place).cost_usd)

    await correct(settled, place, ("reversal", f"-{price}"), ("rebooking", "0.5"))
    await correct(settled, place, ("reversal", "-0.5"), ("rebooking", "0.25"), minutes=2)
    balance = await settled.balance()

    assert list(balance.problems()) == []
    assert (balance.usage_lines, balance.attempts["finished"], balance.usage_counted_twice) == (12, 8, 0)


async def test_a_held_call_that_is_settled_closes_and_is_counted_down_in_the_rollup(settled: "Stream") -> None:
    place = await held(settled)
    before = settled.client.query(f"SELECT sum(not_priced), sum(attempts) FROM {settled.database}.cost_per_minute").result_rows

    await correct(settled, place, ("settlement", "0.5"))
    after = settled.client.query(f"SELECT sum(not_priced), sum(attempts) FROM {settled.database}.cost_per_minute").result_rows

    assert (before, after) == ([(1, 8)], [(0, 8)])
    assert list((await settled.balance()).problems()) == []


@pytest.mark.parametrize(
    "entries",
    [
        [("reversal", "-0.00000108")],
        [("rebooking", "0.5")],
        [("settlement", "0.5")],
        [("reversal", "-0.00000107"), ("rebooking", "0.5")],
        [("reversal", "-0.00000108"), ("rebooking", "0.5"), ("reversal", "-0.00000108"), ("rebooking", "0.5")],
    ],
    ids=["taken back only", "booked twice", "settled though priced", "another amount taken back", "the same correction twice"],
)
async def test_a_correction_that_does_not_leave_the_price_in_force_keeps_the_balance_open(
    settled: "Stream", entries: list[tuple[BookingEntry, str]]
) -> None:
    place = await settled.answered()
    await settled.guard_commits()

    await correct(settled, place, *entries)

    assert list((await settled.balance()).problems()) == [WRONG]


async def test_a_hold_that_is_settled_twice_keeps_the_balance_open(settled: "Stream") -> None:
    place = await held(settled)

    await correct(settled, place, ("settlement", "0.5"))
    await correct(settled, place, ("settlement", "0.5"), minutes=2)

    assert list((await settled.balance()).problems()) == [WRONG]
