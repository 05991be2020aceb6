"""Money held for unknown costs: the same sum whichever came first, and forgotten when its month is long over."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from services.meter.domain.accounts.reservations import (
    KEPT_S,
    NOTHING,
    Amounts,
    HeldReservation,
    HeldReservations,
    LateBooking,
)
from services.meter.domain.limits.rates import SHORT, RateWindow

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

MONTH, BOB = ("tenant", "2026-11"), ("user=bob", "2026-11-20")
HOLD = HeldReservation(
    "acme", (MONTH, BOB), Amounts(Decimal("0.20"), 200), unknown=0, is_unanswered=True, since=1000.0
)
PARTLY = LateBooking(Amounts(Decimal("0.05"), 50), unknown=1, settled=0, is_answer=True, at=1100.0)
WHOLE = LateBooking(Amounts(Decimal("0.05"), 50), unknown=0, settled=0, is_answer=True, at=1200.0)
SETTLED = LateBooking(Amounts(Decimal("0.01")), unknown=0, settled=1, is_answer=False, at=1300.0)


@pytest.mark.parametrize(
    ("late", "usd", "tokens"),
    [
        ([], "0.20", 200),
        ([PARTLY], "0.15", 150),
        ([PARTLY, PARTLY], "0.10", 100),
        ([PARTLY, WHOLE], "0.10", 100),
        ([WHOLE], "0", 0),
        ([PARTLY, SETTLED], "0", 0),
        ([PARTLY, PARTLY, SETTLED], "0.09", 100),
        ([SETTLED], "0", 0),
    ],
)
@pytest.mark.parametrize("is_hold_first", [True, False])
def test_what_is_left_depends_on_what_came_and_not_on_its_order(
    late: list[LateBooking], usd: str, tokens: int, *, is_hold_first: bool
) -> None:
    holds = HeldReservations()
    if is_hold_first:
        holds.hold(1, HOLD)
    for booking in late if is_hold_first else reversed(late):
        holds.book_late(1, booking)
    if not is_hold_first:
        holds.hold(1, HOLD)
    assert holds.held("acme", MONTH) == holds.held("acme", BOB) == Amounts(Decimal(usd), tokens)


def test_holds_of_other_tenants_and_windows_are_apart() -> None:
    holds = HeldReservations()
    holds.hold(1, HOLD)
    assert (holds.held("globex", MONTH), holds.held("acme", ("tenant", "2026-12"))) == (NOTHING, NOTHING)


def test_a_hold_is_forgotten_after_two_months_and_its_late_booking_with_it() -> None:
    holds = HeldReservations()
    holds.hold(1, HOLD)
    holds.book_late(1, PARTLY)
    holds.forget(HOLD.since + KEPT_S)
    assert holds.held("acme", MONTH).usd == Decimal("0.15")
    holds.forget(HOLD.since + KEPT_S + 1)
    assert (holds.held("acme", MONTH), holds.hold_of(1), dict(holds.sums("acme"))) == (NOTHING, None, {})
    holds.forget(PARTLY.at + KEPT_S + 1)
    assert [list(entries) for entries in holds.entries(0.0)] == [[], []]


def test_a_late_booking_that_is_older_than_its_hold_goes_alone() -> None:
    holds = HeldReservations()
    holds.book_late(1, PARTLY)
    holds.hold(
        1,
        HeldReservation(
            "acme", (MONTH,), Amounts(Decimal("0.20"), 200), unknown=1, is_unanswered=False, since=5000.0
        ),
    )
    holds.forget(PARTLY.at + KEPT_S + 1)
    assert holds.held("acme", MONTH) == Amounts(Decimal("0.20"), 200)


def test_a_request_with_two_unknown_calls_is_settled_only_with_both() -> None:
    holds = HeldReservations()
    holds.hold(
        1,
        HeldReservation(
            "acme", (MONTH,), Amounts(Decimal("0.20"), 200), unknown=2, is_unanswered=False, since=1000.0
        ),
    )
    holds.book_late(1, SETTLED)
    assert holds.held("acme", MONTH).usd == Decimal("0.19")
    holds.book_late(1, SETTLED)
    assert holds.held("acme", MONTH) == NOTHING


def test_a_busy_tenant_keeps_the_last_minute_and_little_more() -> None:
    minute = RateWindow()
    for second in range(1000):
        minute.note(float(second), second, 3)
    assert [(at, tokens) for at, _, tokens in minute.last_minute()] == [
        (float(second), 3) for second in range(940, 1000)
    ]
    assert len(minute.times) <= 2 * max(SHORT, 60)
    assert minute.tokens_since(989.0) == 30


def test_what_was_closed_in_time_leaves_no_work_for_the_clock(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    for number in range(1_100):
        request = desk.facts(number)
        desk.admit(request)
        desk.settle(request, desk.call(request))
    desk.admit(desk.facts(2_000))
    desk.expire()
    assert desk.expire() == []
    desk.later(100)
    assert len(desk.expire()) == 1
