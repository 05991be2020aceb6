"""An answer closes its request with the cost of its calls; what is unknown stays held."""

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.outcomes import Adjustment, Completion
from schemas.verdicts import Verdict

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def test_an_answer_captures_what_it_cost_and_frees_the_rest(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(1)
    settled = desk.settle(request, desk.call(request, output=40))

    assert isinstance(settled, Completion)
    assert (settled.status, settled.cost_usd, settled.output) == ("answered", Decimal("0.05"), "ok")
    assert settled.usage is not None
    assert (settled.usage.input, settled.usage.output) == (10, 40)
    assert (settled.times.admitted_at, settled.times.answered_at) == (desk.NOON, desk.now)
    assert settled.reservation is not None
    balance = desk.balance()

    assert (balance.captured, balance.reserved, balance.held) == (Decimal("0.05"), 0, 0)


def test_a_line_says_where_its_price_comes_from(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    settled = desk.settle(request, desk.call(request))
    assert isinstance(settled, Completion)
    (line,) = settled.attempts

    assert (line.cost_status, line.price_source, line.price_version, line.booked_at) == (
        "priced",
        "llm.prices",
        "1",
        desk.now,
    )


def test_a_blocked_answer_keeps_its_cost_and_loses_its_text(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    verdict = Verdict.model_validate(
        {"direction": "output", "action": "block", "policy": "p", "policy_version": 1, "took_ms": 1}
    )
    blocked = desk.settle(request, desk.call(request), verdict=verdict)

    assert isinstance(blocked, Completion)
    assert (blocked.status, blocked.output, blocked.cost_usd) == ("blocked", None, Decimal("0.1"))
    assert blocked.error is not None
    assert blocked.error.code == "blocked"


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_an_answer_without_any_call_costs_nothing_and_holds_nothing(
    desk_of: "type[Desk]", status: str
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    closed = desk.settle(
        request, status=status, output=None, error={"code": "unknown_prompt", "message": "no such prompt"}
    )

    assert isinstance(closed, Completion)
    assert (closed.status, closed.cost_usd, closed.usage) == (status, 0, None)
    assert desk.balance().available == 1


def test_every_try_is_booked_also_a_failed_one_that_reports_usage(desk_of: "type[Desk]") -> None:
    desk = desk_of(max_attempts=3)
    request = desk.facts(1)
    desk.admit(request)
    refused = desk.call(request, number=1, state="failed", error="rate_limited", usage=None)
    cut = desk.call(request, number=2, output=20, state="failed", error="cut_off")
    settled = desk.settle(request, refused, cut, desk.call(request, number=3, output=40))

    assert isinstance(settled, Completion)
    assert [line.cost_status for line in settled.attempts] == ["none", "priced", "priced"]
    assert settled.cost_usd == Decimal("0.08")


@pytest.mark.parametrize(
    "error", ["timeout", "connection_lost", "bad_reply", "cut_off", "a kind of tomorrow", None]
)
def test_a_failure_that_may_have_been_billed_is_held(desk_of: "type[Desk]", error: str | None) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    settled = desk.settle(
        request, desk.call(request, state="failed", error=error, usage=None), status="failed", output=None
    )

    assert isinstance(settled, Completion)
    assert (settled.cost_usd, settled.attempts[0].cost_status) == (None, "held")
    assert desk.balance().held == Decimal("0.1")


def test_a_call_with_an_unknown_result_leaves_the_cost_unknown_and_the_money_held(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    unknown = desk.call(request, number=2, state="unknown", usage=None)
    settled = desk.settle(request, desk.call(request, output=40), unknown)

    assert isinstance(settled, Completion)
    assert settled.cost_usd is None
    assert [line.cost_status for line in settled.attempts] == ["priced", "unknown"]

    balance = desk.balance()

    assert (balance.captured, balance.held) == (Decimal("0.05"), Decimal("0.05"))


def test_a_finished_call_without_usage_or_price_is_held_never_free(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    no_usage, no_price = desk.facts(1), desk.facts(2, model="unpriced")
    desk.admit(no_usage)
    desk.admit(no_price)
    silent = desk.settle(no_usage, desk.call(no_usage, usage=None))
    unpriced = desk.settle(no_price, desk.call(no_price, model="never-heard-of"))

    assert isinstance(silent, Completion)
    assert isinstance(unpriced, Completion)
    assert (silent.cost_usd, silent.attempts[0].reason) == (None, "the provider reported no usage")
    assert (unpriced.cost_usd, unpriced.attempts[0].reason) == (None, "no price for local/never-heard-of")
    assert unpriced.usage is not None
    assert unpriced.usage.output == 90


def test_an_open_request_expires_after_its_grace_and_not_before(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1))
    desk.later(69.9)

    assert desk.expire() == []

    desk.later(0.1)
    (expired,) = desk.expire()

    assert isinstance(expired, Completion)
    assert (expired.status, expired.cost_usd) == ("expired", None)
    assert expired.error is not None
    assert expired.error.code == "deadline_exceeded"
    assert desk.expire() == []
    assert (desk.balance().reserved, desk.balance().held) == (0, Decimal("0.1"))


def test_a_call_that_an_answer_lists_twice_is_booked_once(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    settled = desk.settle(request, desk.call(request), desk.call(request))

    assert isinstance(settled, Completion)
    assert len(settled.attempts) == 1


def test_a_correction_counts_once_and_a_settled_hold_is_freed(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request, usage=None))
    fields = {
        "record_id": request.record_id,
        "tenant": "acme",
        "request_id": "r1",
        "model": "small",
        "budget": "acme",
        "period": "2026-11",
    }
    settled = Adjustment.model_validate(
        {**fields, "reason": "settled_hold", "cost_usd": "0.06", "booked_at": desk.now}
    )
    lower = Adjustment.model_validate(
        {**fields, "reason": "price_correction", "cost_usd": "-0.01", "booked_at": desk.now}
    )

    assert desk.balance().held == Decimal("0.1")

    for _ in range(2):
        desk.state.fold(settled, UUID(int=1))
        desk.state.fold(lower, UUID(int=2))

    assert (desk.balance().captured, desk.balance().held) == (Decimal("0.05"), 0)
