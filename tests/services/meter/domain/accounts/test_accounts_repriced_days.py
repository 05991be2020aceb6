"""Repricing of days of traffic: it is repeatable, and equals a fresh booking to the last decimal place."""

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcomes import Adjustment, Completion
from services.meter.domain.accounts.accounts import Accounts
from streaming.handling import LedgerDecision
from tests.services.meter.correcting import correct, repriced

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def run_day(desk: "Desk", seed: int, tenants: Sequence[str] = ("acme", "globex")) -> None:
    """Book a day of calls by several tenants and models, some failed, some late, some unpriced."""
    randomness = random.Random(seed)
    for number in range(40):
        desk.later(randomness.random() * 4_000)
        request = desk.facts(
            number, tenant=randomness.choice(tenants), deadline=desk.now + timedelta(seconds=60)
        )
        desk.admit(request)
        model = randomness.choice(["m", "m", "n", "never-heard-of"])
        calls = [
            desk.call(request, randomness.randrange(2_000), index + 1, model=model)
            for index in range(randomness.randrange(1, 3))
        ]
        if randomness.random() < 0.2:
            desk.later(80)
            desk.expire()
        desk.settle(request, *calls)


def with_prices(desk: "Desk", *prices: str) -> "Desk":
    """One price until noon of the second half of the day, and another one from then on."""
    before, after = prices
    for name, factor in (("local/m", 1), ("local/n", 3)):
        periods = [
            {
                "valid_from": "2026-01-01T00:00:00Z",
                "input_usd_per_mtok": before,
                "output_usd_per_mtok": str(Decimal(before) * factor),
            },
            {
                "valid_from": "2026-11-21T00:00:00Z",
                "input_usd_per_mtok": after,
                "output_usd_per_mtok": str(Decimal(after) * factor),
            },
        ]
        desk.prices.put(
            type(desk.price(name)).model_validate({"name": name, "version": 2, "periods": periods})
        )
    return desk


def totals(desk: "Desk") -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """The accounts, and the same from the lines."""
    lines: dict[str, Decimal] = {}
    for decision in desk.log:
        event = decision.event
        if isinstance(event, Completion | Adjustment):
            tenant = event.request.tenant if isinstance(event, Completion) else event.tenant
            lines[tenant] = lines.get(tenant, Decimal(0)) + sum(
                (line.cost_usd or Decimal(0) for line in event.attempts), Decimal(0)
            )
    return {
        (tenant, "2026-11"): (
            desk.state.balance(tenant, Decimal(1), "2026-11").captured,
            lines.get(tenant, Decimal(0)),
        )
        for tenant in ("acme", "globex")
    }


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000_000),
    old=st.decimals(0, 5000, places=3).map(str),
    new=st.decimals(0, 5000, places=3).map(str),
)
def test_booking_at_the_old_price_and_repricing_equals_a_fresh_booking_at_the_new_one(
    desk_of: "type[Desk]", seed: int, old: str, new: str
) -> None:
    repriced_desk, fresh_desk = with_prices(desk_of(None), old, old), with_prices(desk_of(None), old, new)
    run_day(repriced_desk, seed)
    run_day(fresh_desk, seed)
    with_prices(repriced_desk, old, new)
    wishes = repriced(repriced_desk).wishes
    order = random.Random(seed)
    for wish in order.sample(wishes, len(wishes)):
        correct(repriced_desk, wish)
        correct(repriced_desk, order.choice(wishes))

    assert totals(repriced_desk) == totals(fresh_desk)
    assert all(account == lines for account, lines in totals(repriced_desk).values())
    assert repriced(repriced_desk).wishes == []


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1_000_000))
@pytest.mark.slow
def test_the_same_stream_with_a_price_change_booked_twice_gives_the_same_totals(
    desk_of: "type[Desk]", seed: int
) -> None:
    one, other = (with_prices(desk_of(None), "1000", "700.5") for _ in range(2))
    run_day(one, seed)
    run_day(other, seed)

    assert totals(one) == totals(other)
    assert [decision.event_id for decision in one.log] == [decision.event_id for decision in other.log]
    assert list(one.state.dump()) == list(other.state.dump())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1_000_000), order=st.randoms(use_true_random=False))
@pytest.mark.slow
def test_accounts_with_corrections_do_not_depend_on_the_order_between_topics(
    desk_of: "type[Desk]", seed: int, order: random.Random
) -> None:
    desk = with_prices(desk_of(None), "1000", "1000")
    run_day(desk, seed)
    for prices in (("900", "800"), ("1100", "0")):
        with_prices(desk, *prices)
        for wish in repriced(desk).wishes:
            correct(desk, wish)
    queues: dict[str, list[LedgerDecision]] = {}
    for decision in desk.log:
        queues.setdefault(decision.event.TYPE, []).append(decision)
    mixed = Accounts()
    while any(queues.values()):
        queue = queues[order.choice(sorted(name for name, queue in queues.items() if queue))]
        for decision in [queue.pop(0)] * order.choice([1, 2]):
            mixed.fold(decision.event, decision.event_id)

    assert list(mixed.dump()) == list(desk.state.dump())
