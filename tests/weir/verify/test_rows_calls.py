"""Provider calls in the balance: missing bookings, bookings without a call, unknown results and rollups."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.outcomes import Adjustment
from services.sink.domain.outcome_rows import adjustment_rows
from streaming.brokers.records import Record
from streaming.handling import Incoming
from weir.verify.balance import StreamBalance

if TYPE_CHECKING:
    from tests.weir.verify.conftest import Stream

pytestmark = pytest.mark.integration
ANSWERED = {
    "answered": 8,
    "blocked": 0,
    "rejected": 0,
    "failed": 0,
    "expired": 0,
    "duplicate": 0,
    "screened": 0,
}


def changed(before: StreamBalance, after: StreamBalance) -> Mapping[str, object]:
    """The figures that differ, as they are now."""
    old, new = before.model_dump(), after.model_dump()
    return {name: new[name] for name in new if new[name] != old[name]}


async def test_a_call_that_was_never_booked_is_open(settled: "Stream") -> None:
    before = await settled.balance()

    forgotten = await settled.request()
    await settled.journal(forgotten)
    await settled.end(settled.completion(forgotten), "completions")
    await settled.guard_commits()
    after = await settled.balance()

    assert changed(before, after) == {
        "records": 8,
        "completions": ANSWERED,
        "attempts": {"finished": 7, "failed": 0, "unknown": 0, "open": 1},
    }
    assert list(after.problems()) == ["1 calls of the journal are not booked"]


async def test_a_booking_without_a_call_and_a_call_booked_twice_are_told_apart(settled: "Stream") -> None:
    request = await settled.request()
    await settled.guard_commits()
    await settled.end(settled.completion(request))
    orphan = await settled.balance()

    await settled.journal(request)
    closed = await settled.balance()
    await settled.end(settled.completion(request), "usage")
    twice = await settled.balance()

    assert changed(closed, orphan) == {"usage_without_attempt": 1}
    assert changed(closed, twice) == {"usage_lines": 9, "usage_counted_twice": 1}


async def test_a_rollup_that_is_not_the_sum_of_its_table_is_named_with_its_difference(
    settled: "Stream",
) -> None:
    before = await settled.balance()

    settled.client.command(
        f"INSERT INTO {settled.database}.cost_per_minute (tenant, minute, attempts, cost_usd) "
        "SELECT 'acme', now(), 1, toDecimal128('0.000000000001', 12)"
    )
    after = await settled.balance()

    assert changed(before, after) == {
        "rollup_difference": {**before.rollup_difference, "attempts": "1", "cost_usd": "0.000000000001"}
    }
    assert list(after.problems()) == [
        "rollup attempts differs by 1",
        "rollup cost_usd differs by 0.000000000001",
    ]


async def test_a_call_with_an_unknown_result_is_booked_and_listed(settled: "Stream") -> None:
    before = await settled.balance()

    request = await settled.request()
    await settled.journal(request)
    await settled.guard_commits()
    await settled.end(
        settled.completion(request).model_copy(update={"attempts": (settled.booked(request, "unknown"),)})
    )
    after = await settled.balance()

    assert after.closes
    assert after.attempts == {**before.attempts, "unknown": 1}
    assert [(call.attempt_id, call.tenant, call.provider) for call in after.unknown_calls] == [
        (str(request.attempt_id), "acme", "local")
    ]


async def test_a_late_booking_is_a_usage_line_of_its_own(settled: "Stream") -> None:
    before = await settled.balance()

    request = await settled.request()
    await settled.journal(request)
    await settled.guard_commits()
    expired = settled.completion(request).model_copy(update={"status": "expired", "attempts": ()})
    await settled.end(expired)
    late = Adjustment(
        record_id=request.record_id,
        tenant="acme",
        request_id="late",
        model="small",
        reason="late_answer",
        budget="acme",
        period="2026-11",
        attempts=(settled.booked(request),),
        booked_at=settled.AT,
    )
    await settled.insert(
        adjustment_rows(
            Incoming(late, UUID(int=1), Record("llm.adjustments", 0, 0, 0, None, b""), settled.AT)
        )
    )
    after = await settled.balance()

    assert after.closes
    assert after.completions == {**before.completions, "expired": 1}
    assert (after.attempts["finished"], after.usage_lines) == (8, 8)
