"""Corrections in the balance: entries that must add up to the newest one; each planted fault shows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.outcomes import Adjustment, BookedAttempt, BookingEntry
from services.sink.domain.outcome_rows import adjustment_rows
from streaming.brokers.records import Record
from streaming.handling import Incoming
from weir.verify.balance import StreamBalance

if TYPE_CHECKING:
    from tests.weir.verify.conftest import Stream

pytestmark = pytest.mark.integration


def changed(before: StreamBalance, after: StreamBalance) -> Mapping[str, object]:
    """The figures that differ, as they are now."""
    old, new = before.model_dump(), after.model_dump()
    return {name: new[name] for name in new if new[name] != old[name]}


def correction(
    stream: "Stream", line: BookedAttempt, entries: Mapping[BookingEntry, str], offset: int
) -> Incoming[Adjustment]:
    """What the meter writes for a corrected call, as a record at this offset."""
    lines = [
        line.model_copy(update={"entry": entry, "cost_usd": Decimal(usd), "usage": None})
        for entry, usd in entries.items()
    ]
    event = Adjustment(
        record_id=UUID(int=1),
        tenant="acme",
        request_id="corrected",
        model="small",
        reason="price_correction",
        budget="acme",
        period="2026-11",
        attempts=tuple(lines),
        booked_at=stream.AT,
    )
    return Incoming(event, UUID(int=offset), Record("llm.adjustments", 0, offset, 0, None, b""), stream.AT)


async def test_a_call_that_is_corrected_twice_is_booked_once_and_closes(settled: "Stream") -> None:
    request = await settled.answered()
    await settled.guard_commits()
    before = await settled.balance()
    line = settled.booked(request)
    old = line.cost_usd

    await settled.insert(
        adjustment_rows(correction(settled, line, {"reversal": f"-{old}", "rebooking": "0.5"}, 1))
    )
    await settled.insert(
        adjustment_rows(correction(settled, line, {"reversal": "-0.5", "rebooking": "0.000000000001"}, 2))
    )
    after = await settled.balance()

    assert after.closes
    assert changed(before, after) == {"usage_lines": before.usage_lines + 4}


async def test_a_held_call_that_is_settled_closes(settled: "Stream") -> None:
    request = await settled.request()
    await settled.journal(request)
    await settled.guard_commits()
    held = settled.booked(request).model_copy(update={"cost_usd": None, "cost_status": "held"})
    await settled.end(settled.completion(request).model_copy(update={"attempts": (held,)}))
    before = await settled.balance()

    await settled.insert(adjustment_rows(correction(settled, held, {"settlement": "0.25"}, 1)))
    after = await settled.balance()

    assert after.closes
    assert changed(before, after) == {"usage_lines": before.usage_lines + 1}


@pytest.mark.parametrize(
    "entries",
    [
        {"rebooking": "0.5"},
        {"reversal": "-0.4", "rebooking": "0.5"},
        {"reversal": "-0.00000108"},
        {"settlement": "0.5"},
    ],
)
async def test_a_correction_that_does_not_take_back_what_was_booked_shows(
    settled: "Stream", entries: Mapping[BookingEntry, str]
) -> None:
    request = await settled.answered()
    await settled.guard_commits()
    before = await settled.balance()

    await settled.insert(adjustment_rows(correction(settled, settled.booked(request), entries, 1)))
    after = await settled.balance()

    assert after.corrections_uneven == 1
    assert changed(before, after).keys() == {"usage_lines", "corrections_uneven"}
    assert list(after.problems()) == [
        "the lines of 1 corrected calls do not add up to what is booked for them now"
    ]


async def test_a_correction_without_a_booking_and_one_that_is_stored_twice_show(settled: "Stream") -> None:
    missing, twice = await settled.request(), await settled.answered()
    await settled.journal(missing)
    await settled.guard_commits()
    await settled.end(settled.completion(missing), "completions")

    await settled.insert(
        adjustment_rows(
            correction(settled, settled.booked(missing), {"reversal": "-0.1", "rebooking": "0.5"}, 1)
        )
    )
    line = settled.booked(twice)
    for offset in (2, 3):
        await settled.insert(
            adjustment_rows(
                correction(settled, line, {"reversal": f"-{line.cost_usd}", "rebooking": "0.5"}, offset)
            )
        )

    assert (await settled.balance()).corrections_uneven == 2


async def test_a_settled_call_is_counted_down_in_the_rollup_and_a_corrected_one_stays_one_call(
    settled: "Stream",
) -> None:
    request = await settled.request()
    await settled.journal(request)
    await settled.guard_commits()
    held = settled.booked(request).model_copy(update={"cost_usd": None, "cost_status": "held"})
    await settled.end(settled.completion(request).model_copy(update={"attempts": (held,)}))
    sql = f"SELECT sum(attempts), sum(not_priced), sum(input_tokens) FROM {settled.database}.cost_per_minute"
    before = settled.client.query(sql).result_rows

    await settled.insert(adjustment_rows(correction(settled, held, {"settlement": "0.25"}, 1)))
    await settled.insert(
        adjustment_rows(correction(settled, held, {"reversal": "-0.25", "rebooking": "0.5"}, 2))
    )

    ((attempts, not_priced, tokens),) = before
    assert not_priced == 1
    assert settled.client.query(sql).result_rows == [(attempts, 0, tokens)]
    assert (await settled.balance()).closes


async def test_a_correction_to_an_unknown_price_is_held_again_and_closes(settled: "Stream") -> None:
    request = await settled.answered()
    await settled.guard_commits()
    line = settled.booked(request)
    made = correction(settled, line, {"reversal": f"-{line.cost_usd}", "rebooking": "0"}, 1)
    reversal, rebooking = made.event.attempts
    held = rebooking.model_copy(update={"cost_usd": None, "cost_status": "held"})

    await settled.insert(
        adjustment_rows(
            Incoming(
                made.event.model_copy(update={"attempts": (reversal, held)}),
                made.event_id,
                made.record,
                made.now,
            )
        )
    )

    assert (await settled.balance()).closes
