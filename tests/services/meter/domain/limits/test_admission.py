"""All limits of a request hold at once, by scope, window and unit."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY

from schemas.budgets import BudgetDocument
from schemas.outcomes import Adjustment
from schemas.requests import Claim
from services.meter.domain.limits.limits import LimitKey
from tests.services.meter.limited import dear_route, desk_with, refused, reserved

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


@pytest.mark.parametrize("amount", ["0", "0.00"])
@pytest.mark.parametrize("unit", ["usd", "tokens", "requests", "concurrency"])
def test_a_limit_of_zero_refuses_everything_also_what_is_free(
    desk_of: "type[Desk]", unit: str, amount: str
) -> None:
    desk = desk_with(
        desk_of,
        {"name": "none", "unit": unit, "amount": amount, "window": None if unit == "concurrency" else "day"},
    )
    desk.prices.put(desk.price("local/m", "0"))
    error, shortage = refused(desk.admit(desk.facts(1)))

    assert "limit 'none' of tenant" in error.message
    assert (shortage.amount, shortage.captured, shortage.unit) == (0, 0, unit)


def test_a_rate_of_zero_refuses_everything(desk_of: "type[Desk]") -> None:
    for unit in ("requests", "tokens"):
        desk = desk_with(desk_of, {"name": "none", "unit": unit, "amount": 0, "window": "minute"})
        assert refused(desk.admit(desk.facts(1)))[0].code == "rate_limit_exceeded"


def test_each_user_has_an_account_of_its_own_in_the_window_of_its_zone(desk_of: "type[Desk]") -> None:
    limit = {
        "name": "each-user",
        "unit": "usd",
        "amount": "0.15",
        "per": ["user"],
        "window": "day",
        "zone": "Europe/Berlin",
    }
    desk = desk_with(desk_of, limit)
    one = reserved(desk.admit(desk.facts(1, user="bob")))

    assert one.claims == (Claim(scope="user=bob", window="2026-11-20@Europe/Berlin"),)
    assert reserved(desk.admit(desk.facts(2, user="eve"))).claims[0].scope == "user=eve"

    error, shortage = refused(desk.admit(desk.facts(3, user="bob")))

    assert error.code == "budget_exceeded"
    assert (
        "0.05 USD are left of 2026-11-20@Europe/Berlin's 0.15 USD (spent 0 USD, reserved 0.1 USD, held 0 USD)"
        in error.message
    )
    assert "wait until 2026-11-20 23:00 UTC (limit 'each-user' of user=bob)" in error.message
    assert (shortage.limit, shortage.claim, shortage.asked, shortage.reserved) == (
        "each-user",
        one.claims[0],
        Decimal("0.1"),
        Decimal("0.1"),
    )
    assert shortage.ends_at == desk.now.replace(hour=23)

    desk.later(11.5 * 3600)
    reserved(desk.admit(desk.facts(4, user="bob")))


def test_the_worst_case_of_each_candidate_stands_in_the_refusal(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, monthly_usd="0.5")
    dear_route(desk)
    _, shortage = refused(desk.admit(desk.facts(1)))

    assert [
        (quote.model, quote.calls, quote.input_tokens, quote.output_tokens, quote.cost_usd)
        for quote in shortage.quotes
    ] == [
        ("m", 1, 10, 90, Decimal("0.1")),
        ("dear", 1, 10, 90, Decimal("0.4")),
        ("middle", 1, 10, 90, Decimal("0.2")),
    ]
    assert shortage.asked == Decimal("0.7")


def test_several_limits_are_reserved_in_one_decision_or_not_at_all(desk_of: "type[Desk]") -> None:
    month, project = (
        {"name": "tokens", "unit": "tokens", "amount": 250, "window": "month"},
        {"name": "search", "unit": "usd", "amount": "0.3"},
    )
    desk = desk_with(desk_of, month, {**project, "only": {"project": ["search"]}, "window": "24h"})
    for number in (1, 2):
        reserved(desk.admit(desk.facts(number, project="search")))
    error, _ = refused(desk.admit(desk.facts(3, project="search")))

    assert (error.code, "50 tokens are left" in error.message) == ("token_budget_exceeded", True)

    rolling = [
        desk.state.totals(LimitKey("acme", "project=search", (window,), "usd"), Decimal(1))
        for window in windows_of(desk, "project=search")
    ]

    assert [balance.reserved for balance in rolling] == [Decimal("0.2")]


def windows_of(desk: "Desk", scope: str) -> list[str]:
    return [window for name, window in desk.state.account_keys("acme") if name == scope]


def test_what_is_captured_frees_the_rest_in_every_account(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "tokens", "unit": "tokens", "amount": 120, "per": ["user"], "window": "day"}
    )
    request = desk.facts(1, user="bob")
    desk.admit(request)

    assert refused(desk.admit(desk.facts(2, user="bob")))[0].code == "token_budget_exceeded"

    desk.settle(request, desk.call(request, output=10))

    assert reserved(desk.admit(desk.facts(3, user="bob"))).amount_tokens == 100


def test_requests_are_counted_in_their_window_whether_they_are_open_or_over(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "three-a-day", "unit": "requests", "amount": 3, "per": ["key"], "window": "day"}
    )
    first = desk.facts(1, key="4f2a")
    for request in (first, desk.facts(2, key="4f2a"), desk.facts(3, key="4f2a")):
        desk.admit(request)
    desk.settle(first, desk.call(first))
    error, shortage = refused(desk.admit(desk.facts(4, key="4f2a")))

    assert (error.code, shortage.captured, shortage.reserved) == ("request_budget_exceeded", 1, 2)

    reserved(desk.admit(desk.facts(5, key="77aa")))


def test_so_many_requests_may_be_open_and_one_that_ends_lets_the_next_in(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, {"name": "two", "unit": "concurrency", "amount": 2, "per": ["model"]})
    first = desk.facts(1)
    desk.admit(first)
    desk.admit(desk.facts(2))
    error, _ = refused(desk.admit(desk.facts(3)))

    assert (error.code, error.retry_after_s) == ("concurrency_exceeded", 1.0)
    assert "2 requests are open, and at most 2 may be" in error.message

    desk.settle(first, desk.call(first))
    reserved(desk.admit(desk.facts(4)))
    desk.later(71)

    assert len(desk.expire()) == 2

    reserved(desk.admit(desk.facts(5)))


def test_a_rate_of_tokens_counts_one_call_each_and_says_when_to_come_back(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of,
        {"name": "tpm", "unit": "tokens", "amount": 600, "burst": 200, "window": "minute", "per": ["user"]},
    )
    for number in (1, 2):
        reserved(desk.admit(desk.facts(number, user="bob")))
    error, _ = refused(desk.admit(desk.facts(3, user="bob")))

    assert (error.code, error.retry_after_s) == ("rate_limit_exceeded", 20.0)

    reserved(desk.admit(desk.facts(4, user="eve")))
    desk.later(20)
    reserved(desk.admit(desk.facts(5, user="bob")))


def test_a_request_that_never_fits_a_rate_is_not_told_to_come_back(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "tpm", "unit": "tokens", "amount": 600, "burst": 50, "window": "minute"}
    )
    error, _ = refused(desk.admit(desk.facts(1)))

    assert error.retry_after_s is None
    assert "the request alone asks for 100 tokens, lower max_tokens" in error.message


def test_limits_of_tokens_and_requests_need_no_price_and_a_soft_one_of_money_neither(
    desk_of: "type[Desk]",
) -> None:
    soft = {"name": "soft", "unit": "usd", "amount": "1", "window": "month", "action": "alert"}
    desk = desk_with(desk_of, {"name": "tokens", "unit": "tokens", "amount": 1000, "window": "day"}, soft)

    assert reserved(desk.admit(desk.facts(1, model="unpriced"))).amount_usd is None


def test_a_soft_limit_lets_pass_and_is_counted(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "soft", "unit": "usd", "amount": "0.15", "window": "day", "action": "alert"}
    )
    before = (
        REGISTRY.get_sample_value("weir_meter_soft_limits_passed_total", {"tenant": "acme", "limit": "soft"})
        or 0.0
    )
    for number in (1, 2):
        reserved(desk.admit(desk.facts(number)))

    assert (
        REGISTRY.get_sample_value("weir_meter_soft_limits_passed_total", {"tenant": "acme", "limit": "soft"})
        == before + 1
    )


def test_an_answer_after_its_request_expired_counts_where_its_reservation_did(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "daily", "unit": "usd", "amount": "1", "per": ["user"], "window": "day"}
    )
    desk.later(12 * 3600 - 30)
    request = desk.facts(1, user="bob")
    claims = reserved(desk.admit(request)).claims
    desk.later(71)
    desk.expire()
    balance = desk.state.totals(LimitKey("acme", "user=bob", (claims[0].window,), "usd"), Decimal(1))

    assert (balance.reserved, balance.held) == (0, Decimal("0.1"))

    late = desk.settle(request, desk.call(request, output=40))

    assert isinstance(late, Adjustment)
    assert late.claims == claims

    balance = desk.state.totals(LimitKey("acme", "user=bob", (claims[0].window,), "usd"), Decimal(1))

    assert (balance.captured, balance.held) == (Decimal("0.05"), 0)

    second = desk.settle(
        request, desk.call(request, output=40), desk.call(request, number=2, output=10, started_at=desk.now)
    )

    assert isinstance(second, Adjustment)
    assert second.claims == claims


def test_a_call_that_nobody_knows_counts_by_the_limits_of_today(desk_of: "type[Desk]") -> None:
    rate = {"name": "rpm", "unit": "requests", "amount": 10, "window": "minute"}
    desk = desk_with(
        desk_of, {"name": "daily", "unit": "usd", "amount": "1", "per": ["user"], "window": "day"}, rate
    )
    stray = desk.facts(1, user="bob")
    booked = desk.settle(stray, desk.call(stray))

    assert isinstance(booked, Adjustment)
    assert booked.claims == (Claim(scope="user=bob", window="2026-11-20"),)


def test_a_rolling_window_lets_go_of_what_is_older_than_its_span(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, {"name": "last-day", "unit": "usd", "amount": "0.1", "window": "24h"})
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request))
    desk.later(24 * 3600 - 1)
    error, _ = refused(desk.admit(desk.facts(2)))

    assert "wait, since it counts the last 24h" in error.message
    assert "0 USD are left of the last 24h's 0.1 USD" in error.message

    desk.later(3601)
    reserved(desk.admit(desk.facts(3)))


def test_the_tenants_month_is_not_counted_twice_where_a_limit_names_it(desk_of: "type[Desk]") -> None:
    desk = desk_with(
        desk_of, {"name": "tokens", "unit": "tokens", "amount": 1000, "window": "month"}, monthly_usd="1"
    )

    assert reserved(desk.admit(desk.facts(1))).claims == ()

    tokens = desk.state.totals(LimitKey("acme", "tenant", ("2026-11",), "tokens"), Decimal(1000))

    assert tokens.reserved == 100


def test_a_tenant_that_does_not_exist_falls_under_default_by_itself(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    desk.budgets.put(
        BudgetDocument.model_validate(
            {"name": "default", "limits": [{"name": "d", "unit": "usd", "amount": "0.1", "window": "day"}]}
        )
    )
    for number, tenant in enumerate(("nobody", "nowhere")):
        reserved(desk.admit(desk.facts(number, tenant=tenant)))

    assert refused(desk.admit(desk.facts(9, tenant="nobody")))[0].code == "budget_exceeded"
