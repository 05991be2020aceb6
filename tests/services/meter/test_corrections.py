"""Corrections: a booking is replaced once, whoever asks how often; the accounts move by the net, and the old price is never lost."""

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcomes import Adjustment, Completion, Correction
from schemas.requests import RequestFacts
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OwnPricesFirst
from services.meter.domain.accounts import Accounts
from services.meter.domain.bookings import Bookings
from services.meter.domain.corrections import decision_name
from streaming.errors import BadEventError
from streaming.handling import NAMESPACE, Decision
from weir.repricing import Difference, reprice, settle

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def bookings(decisions: Sequence[Decision]) -> Bookings:
    found = Bookings(lambda _tenant, _line: True, lambda booking_id: uuid5(NAMESPACE, decision_name(booking_id)))
    for decision in decisions:
        found.take(decision.event, decision.event_id)
    return found


def repriced(desk: "Desk", since: Sequence[Decision] | None = None) -> Difference:
    return reprice(bookings(since or desk.log), OwnPricesFirst(desk.prices, GenaiPriceList()), desk.now)


def settled(desk: "Desk") -> Difference:
    return settle(bookings(desk.log), OwnPricesFirst(desk.prices, GenaiPriceList()), desk.now)


def correct(desk: "Desk", wish: Correction) -> Adjustment | None:
    event = desk.take(desk.meter.correct(desk.state, desk.incoming(wish)))
    assert event is None or isinstance(event, Adjustment)
    return event


def change_price(desk: "Desk", usd_per_mtok: str, version: int = 2) -> None:
    desk.prices.put(desk.price("local/m", usd_per_mtok, version=version))


def booked_call(desk: "Desk", model: str = "m") -> RequestFacts:
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request, model=model))
    return request


def test_a_correction_takes_the_old_booking_back_and_books_the_new_price(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = booked_call(desk)
    change_price(desk, "500")
    difference = repriced(desk)
    adjustment = correct(desk, difference.wishes[0])
    assert adjustment is not None
    reversal, rebooking = adjustment.attempts
    assert [(line.entry, line.cost_usd, line.price_version, line.usage) for line in adjustment.attempts] == [
        ("reversal", Decimal("-0.1"), "1", None),
        ("rebooking", Decimal("0.05"), "2", None),
    ]
    assert rebooking.unit_prices == {"input": 500, "output": 500}
    assert reversal.booked_at == rebooking.booked_at == desk.now
    assert (adjustment.cost_usd, adjustment.period, adjustment.reason) == (Decimal("-0.05"), "2026-11", "price_correction")
    assert adjustment.request == request
    assert desk.balance().captured == Decimal("0.05")


def test_a_repeat_and_a_second_run_before_the_first_is_booked_change_nothing(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    first, second = repriced(desk).wishes[0], repriced(desk).wishes[0]
    assert first.correction_id == second.correction_id
    assert correct(desk, first) is not None
    assert correct(desk, first) is None
    assert correct(desk, second) is None
    assert desk.balance().captured == Decimal("0.05")
    assert repriced(desk).wishes == []
    assert repriced(desk).total().difference_usd == 0


def test_of_two_different_corrections_of_one_booking_the_first_counts_and_the_next_run_books_the_rest(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    early = repriced(desk).wishes[0]
    change_price(desk, "700", version=3)
    late = repriced(desk).wishes[0]
    assert early.correction_id != late.correction_id
    assert correct(desk, early) is not None
    assert correct(desk, late) is None
    (again,) = repriced(desk).wishes
    assert [line.cost_usd for line in again.attempts] == [Decimal("-0.05"), Decimal("0.07")]
    correct(desk, again)
    assert desk.balance().captured == Decimal("0.07")


def test_two_owners_that_book_two_corrections_of_one_booking_book_the_first_in_the_log(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    log = list(desk.log)
    change_price(desk, "500")
    one = desk.meter.correct(desk.state, desk.incoming(repriced(desk).wishes[0]))
    change_price(desk, "700", version=3)
    other = desk.meter.correct(desk.state, desk.incoming(repriced(desk).wishes[0]))
    assert one is not None
    assert other is not None
    assert one.event_id == other.event_id
    accounts = Accounts()
    for decision in (*log, one, other, one):
        accounts.fold(decision.event, decision.event_id)
    assert accounts.balance("acme", Decimal(1), "2026-11").captured == Decimal("0.05")
    assert [current.line.cost_usd for current in bookings([*log, one, other]).current()] == [Decimal("0.05")]


def test_a_held_line_is_settled_once_a_price_exists_and_what_was_held_is_free(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk, model="never-heard-of")
    assert (desk.balance().captured, desk.balance().held) == (0, Decimal("0.1"))
    assert settled(desk).wishes == []
    assert settled(desk).total().left_alone == 1
    assert repriced(desk).unpriced == 1
    desk.prices.put(desk.price("local/never-heard-of", "600"))
    adjustment = correct(desk, settled(desk).wishes[0])
    assert adjustment is not None
    assert [(line.entry, line.cost_usd, line.usage) for line in adjustment.attempts] == [("settlement", Decimal("0.06"), None)]
    assert (desk.balance().captured, desk.balance().held) == (Decimal("0.06"), 0)
    assert settled(desk).wishes == []
    desk.prices.put(desk.price("local/never-heard-of", "300", version=2))
    correct(desk, repriced(desk).wishes[0])
    assert desk.balance().captured == Decimal("0.03")


def test_a_price_that_is_gone_leaves_what_is_booked_alone(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    desk.prices.put(desk.price("local/m", "500", valid_from=desk.now + timedelta(days=1)))
    difference = repriced(desk)
    assert (difference.wishes, difference.total().left_alone, difference.total().difference_usd) == ([], 1, 0)


def test_a_late_answers_calls_are_corrected_where_they_are_booked(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(71)
    desk.expire()
    desk.settle(request, desk.call(request), desk.call(request, number=2, output=40))
    change_price(desk, "2000")
    wishes = repriced(desk).wishes
    assert [wish.period for wish in wishes] == ["2026-11", "2026-11"]
    for wish in wishes:
        correct(desk, wish)
    assert desk.balance().captured == Decimal("0.3")


def test_a_correction_that_waited_longer_than_the_accounts_remember_is_refused(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    early = repriced(desk).wishes[0]
    correct(desk, early)
    change_price(desk, "700", version=3)
    late = early.model_copy(update={"attempts": (early.attempts[0], early.attempts[1].model_copy(update={"cost_usd": Decimal("0.07")}))})
    desk.later(86_400)
    desk.admit(desk.facts(2))
    desk.later(2)
    desk.admit(desk.facts(3))
    desk.expire()
    with pytest.raises(BadEventError, match="before what is remembered: ask again") as refused:
        desk.meter.correct(desk.state, desk.incoming(late))
    assert refused.value.reason == "stale_correction"
    assert desk.balance().captured == Decimal("0.05")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": "settled_hold"}, "a settled_hold holds reversal, rebooking"),
        ({"period": "for ever"}, "a month, such as 2026-11"),
        ({"asked_at": "2026-11-21T13:00:00Z"}, "still to come: set the clock"),
    ],
)
def test_a_correction_that_cannot_be_booked_is_refused_by_name(desk_of: "type[Desk]", changes: dict[str, object], said: str) -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    wish = Correction.model_validate(repriced(desk).wishes[0].model_dump() | changes)
    with pytest.raises(BadEventError, match=said) as refused:
        desk.meter.correct(desk.state, desk.incoming(wish))
    assert refused.value.reason == "invalid_correction"


def test_a_correction_of_two_calls_or_without_a_cost_is_refused(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    wish = repriced(desk).wishes[0]
    reversal, rebooking = wish.attempts
    other = rebooking.model_copy(update={"result": rebooking.result.model_copy(update={"attempt_id": UUID(int=5)})})
    for line in (other, rebooking.model_copy(update={"cost_usd": None})):
        with pytest.raises(BadEventError, match="a cost each, and the same call"):
            desk.meter.correct(desk.state, desk.incoming(wish.model_copy(update={"attempts": (reversal, line)})))


def test_a_call_booked_twice_and_an_adjustment_read_twice_count_once(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = booked_call(desk)
    other = desk.log[-1].event
    assert isinstance(other, Completion)
    stray = Adjustment(
        record_id=request.record_id,
        tenant="acme",
        request_id="r1",
        model="small",
        reason="late_answer",
        budget="acme",
        period="2026-11",
        attempts=other.attempts,
        booked_at=desk.now,
    )
    found = bookings([*desk.log, *desk.log, Decision(stray, "stray")])
    assert len(list(found.current())) == 1
    assert found.nameless == 1


def run_day(desk: "Desk", seed: int, tenants: Sequence[str] = ("acme", "globex")) -> None:
    """Book a day of calls by several tenants and models, some failed, some late, some unpriced."""
    randomness = random.Random(seed)
    for number in range(40):
        desk.later(randomness.random() * 4_000)
        request = desk.facts(number, tenant=randomness.choice(tenants), deadline=desk.now + timedelta(seconds=60))
        desk.admit(request)
        model = randomness.choice(["m", "m", "n", "never-heard-of"])
        calls = [desk.call(request, randomness.randrange(2_000), index + 1, model=model) for index in range(randomness.randrange(1, 3))]
        if randomness.random() < 0.2:
            desk.later(80)
            desk.expire()
        desk.settle(request, *calls)


def with_prices(desk: "Desk", *prices: str) -> "Desk":
    """One price until noon of the second half of the day, and another one from then on."""
    before, after = prices
    for name, factor in (("local/m", 1), ("local/n", 3)):
        periods = [
            {"valid_from": "2026-01-01T00:00:00Z", "input_usd_per_mtok": before, "output_usd_per_mtok": str(Decimal(before) * factor)},
            {"valid_from": "2026-11-21T00:00:00Z", "input_usd_per_mtok": after, "output_usd_per_mtok": str(Decimal(after) * factor)},
        ]
        desk.prices.put(type(desk.price(name)).model_validate({"name": name, "version": 2, "periods": periods}))
    return desk


def totals(desk: "Desk") -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """The accounts, and the same from the lines."""
    lines: dict[str, Decimal] = {}
    for decision in desk.log:
        event = decision.event
        if isinstance(event, Completion | Adjustment):
            tenant = event.request.tenant if isinstance(event, Completion) else event.tenant
            lines[tenant] = lines.get(tenant, Decimal(0)) + sum((line.cost_usd or Decimal(0) for line in event.attempts), Decimal(0))
    return {
        (tenant, "2026-11"): (desk.state.balance(tenant, Decimal(1), "2026-11").captured, lines.get(tenant, Decimal(0)))
        for tenant in ("acme", "globex")
    }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000), old=st.decimals(0, 5000, places=3).map(str), new=st.decimals(0, 5000, places=3).map(str))
def test_booking_at_the_old_price_and_repricing_equals_a_fresh_booking_at_the_new_one(desk_of: "type[Desk]", seed: int, old: str, new: str) -> None:
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
def test_the_same_stream_with_a_price_change_booked_twice_gives_the_same_totals(desk_of: "type[Desk]", seed: int) -> None:
    one, other = (with_prices(desk_of(None), "1000", "700.5") for _ in range(2))
    run_day(one, seed)
    run_day(other, seed)
    assert totals(one) == totals(other)
    assert [decision.event_id for decision in one.log] == [decision.event_id for decision in other.log]
    assert list(one.state.dump()) == list(other.state.dump())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1_000_000), order=st.randoms(use_true_random=False))
def test_accounts_with_corrections_do_not_depend_on_the_order_between_topics(desk_of: "type[Desk]", seed: int, order: random.Random) -> None:
    desk = with_prices(desk_of(None), "1000", "1000")
    run_day(desk, seed)
    for prices in (("900", "800"), ("1100", "0")):
        with_prices(desk, *prices)
        for wish in repriced(desk).wishes:
            correct(desk, wish)
    queues: dict[str, list[Decision]] = {}
    for decision in desk.log:
        queues.setdefault(decision.event.TYPE, []).append(decision)
    mixed = Accounts()
    while any(queues.values()):
        queue = queues[order.choice(sorted(name for name, queue in queues.items() if queue))]
        for decision in [queue.pop(0)] * order.choice([1, 2]):
            mixed.fold(decision.event, decision.event_id)
    assert list(mixed.dump()) == list(desk.state.dump())
