"""Held reservations: the same sums in any order, and dropped when their month is long over."""

from decimal import Decimal

import pytest

from services.meter.domain.accounts.account import AccountKey, month_account_key
from services.meter.domain.accounts.amounts import NOTHING, Amounts
from services.meter.domain.accounts.reservations import (
    HELD_KEPT_S,
    HeldReservation,
    HeldReservations,
    LateBooking,
)

MONTH, DECEMBER = month_account_key("2026-11"), month_account_key("2026-12")
BOB = AccountKey("user=bob", "2026-11-20")
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
    held = HeldReservations()
    if is_hold_first:
        held.hold(1, HOLD)
    for booking in late if is_hold_first else reversed(late):
        held.book_late(1, booking)
    if not is_hold_first:
        held.hold(1, HOLD)

    assert (
        held.total("acme", MONTH.scope, [MONTH.window])
        == held.total("acme", BOB.scope, [BOB.window])
        == Amounts(Decimal(usd), tokens)
    )


def test_holds_of_other_tenants_and_windows_are_apart() -> None:
    held = HeldReservations()
    held.hold(1, HOLD)

    assert (
        held.total("globex", MONTH.scope, [MONTH.window]),
        held.total("acme", DECEMBER.scope, [DECEMBER.window]),
    ) == (NOTHING, NOTHING)


def test_a_hold_is_forgotten_after_two_months_and_its_late_booking_with_it() -> None:
    held = HeldReservations()
    held.hold(1, HOLD)
    held.book_late(1, PARTLY)
    held.drop_old(HOLD.since + HELD_KEPT_S)

    assert held.total("acme", MONTH.scope, [MONTH.window]).usd == Decimal("0.15")

    held.drop_old(HOLD.since + HELD_KEPT_S + 1)

    assert (
        held.total("acme", MONTH.scope, [MONTH.window]),
        held.held_for(1),
        list(held.account_keys("acme")),
    ) == (NOTHING, None, [])

    held.drop_old(PARTLY.at + HELD_KEPT_S + 1)

    assert [list(held.held_entries(0.0)), list(held.late_entries(0.0))] == [[], []]


def test_a_late_booking_that_is_older_than_its_hold_goes_alone() -> None:
    held = HeldReservations()
    held.book_late(1, PARTLY)
    held.hold(
        1,
        HeldReservation(
            "acme", (MONTH,), Amounts(Decimal("0.20"), 200), unknown=1, is_unanswered=False, since=5000.0
        ),
    )
    held.drop_old(PARTLY.at + HELD_KEPT_S + 1)

    assert held.total("acme", MONTH.scope, [MONTH.window]) == Amounts(Decimal("0.20"), 200)


def test_a_request_with_two_unknown_calls_is_settled_only_with_both() -> None:
    held = HeldReservations()
    held.hold(
        1,
        HeldReservation(
            "acme", (MONTH,), Amounts(Decimal("0.20"), 200), unknown=2, is_unanswered=False, since=1000.0
        ),
    )
    held.book_late(1, SETTLED)

    assert held.total("acme", MONTH.scope, [MONTH.window]).usd == Decimal("0.19")

    held.book_late(1, SETTLED)

    assert held.total("acme", MONTH.scope, [MONTH.window]) == NOTHING
