"""Money held for unknown costs: the same sum whichever came first, and forgotten when its month is long over."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from services.meter.domain.account import SHORT, Account
from services.meter.domain.holds import KEPT_S, Hold, Holds, LateBooking

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

HOLD = Hold("acme", "2026-11", Decimal("0.20"), is_unanswered=True, since=1000.0)
PARTLY = LateBooking(Decimal("0.05"), is_whole=False, is_settled=False, at=1100.0)
WHOLE = LateBooking(Decimal("0.05"), is_whole=True, is_settled=False, at=1200.0)
SETTLED = LateBooking(Decimal(0), is_whole=True, is_settled=True, at=1300.0)


@pytest.mark.parametrize(
    ("late", "left"),
    [([], "0.20"), ([PARTLY], "0.15"), ([PARTLY, PARTLY], "0.10"), ([PARTLY, WHOLE], "0.10"), ([WHOLE], "0"), ([PARTLY, SETTLED], "0")],
)
@pytest.mark.parametrize("is_hold_first", [True, False])
def test_what_is_left_depends_on_what_came_and_not_on_its_order(late: list[LateBooking], left: str, *, is_hold_first: bool) -> None:
    holds = Holds()
    if is_hold_first:
        holds.set_aside(1, HOLD)
    for booking in late if is_hold_first else reversed(late):
        holds.book_late(1, booking)
    if not is_hold_first:
        holds.set_aside(1, HOLD)
    assert holds.held("acme", "2026-11") == Decimal(left)


def test_holds_of_other_tenants_and_months_are_apart() -> None:
    holds = Holds()
    holds.set_aside(1, HOLD)
    assert (holds.held("globex", "2026-11"), holds.held("acme", "2026-12")) == (0, 0)


def test_a_hold_is_forgotten_after_two_months_and_its_late_booking_with_it() -> None:
    holds = Holds()
    holds.set_aside(1, HOLD)
    holds.book_late(1, PARTLY)
    holds.forget(HOLD.since + KEPT_S)
    assert holds.held("acme", "2026-11") == Decimal("0.15")
    holds.forget(HOLD.since + KEPT_S + 1)
    assert (holds.held("acme", "2026-11"), holds.period_of(1)) == (0, None)
    holds.forget(PARTLY.at + KEPT_S + 1)
    assert [list(entries) for entries in holds.entries(0.0)] == [[], []]


def test_a_late_booking_that_is_older_than_its_hold_goes_alone() -> None:
    holds = Holds()
    holds.book_late(1, PARTLY)
    holds.set_aside(1, Hold("acme", "2026-11", Decimal("0.20"), is_unanswered=False, since=5000.0))
    holds.forget(PARTLY.at + KEPT_S + 1)
    assert holds.held("acme", "2026-11") == Decimal("0.20")


def test_a_busy_tenant_keeps_the_last_minute_and_little_more() -> None:
    account = Account("acme")
    for second in range(1000):
        account.note_admission(float(second), second)
    assert [at for at, _ in account.last_minute()] == [float(second) for second in range(940, 1000)]
    assert len(account.times()) <= 2 * max(SHORT, 60)


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
