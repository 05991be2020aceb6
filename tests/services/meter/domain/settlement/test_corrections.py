"""Corrections: a booking is replaced once, the accounts change by the net, and the old price stays."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.outcomes import Correction
from schemas.requests import RequestFacts
from services.meter.domain.accounts.accounts import Accounts
from streaming.errors import BadEventError
from tests.services.meter.correcting import change_price, correct, current, repriced, settled

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


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
    assert (adjustment.cost_usd, adjustment.period, adjustment.reason) == (
        Decimal("-0.05"),
        "2026-11",
        "price_correction",
    )
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
    assert repriced(desk).total.difference_usd == 0


def test_of_two_different_corrections_of_one_booking_the_first_counts_and_the_next_run_books_the_rest(
    desk_of: "type[Desk]",
) -> None:
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


def test_two_owners_that_book_two_corrections_of_one_booking_book_the_first_in_the_log(
    desk_of: "type[Desk]",
) -> None:
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
    assert [booking.line.cost_usd for booking in current([*log, one, other])] == [Decimal("0.05")]


def test_a_held_line_is_settled_once_a_price_exists_and_what_was_held_is_free(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk, model="never-heard-of")

    assert (desk.balance().captured, desk.balance().held) == (0, Decimal("0.1"))
    assert settled(desk).wishes == []
    assert settled(desk).total.without_price == 1
    assert repriced(desk).difference.held == 1

    desk.prices.put(desk.price("local/never-heard-of", "600"))
    adjustment = correct(desk, settled(desk).wishes[0])

    assert adjustment is not None
    assert [(line.entry, line.cost_usd, line.usage) for line in adjustment.attempts] == [
        ("settlement", Decimal("0.06"), None)
    ]
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

    assert (difference.wishes, difference.total.without_price, difference.total.difference_usd) == ([], 1, 0)


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
    late = early.model_copy(
        update={
            "attempts": (
                early.attempts[0],
                early.attempts[1].model_copy(update={"cost_usd": Decimal("0.07")}),
            )
        }
    )
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
def test_a_correction_that_cannot_be_booked_is_refused_by_name(
    desk_of: "type[Desk]", changes: dict[str, object], said: str
) -> None:
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
    other = rebooking.model_copy(
        update={"result": rebooking.result.model_copy(update={"attempt_id": UUID(int=5)})}
    )
    for line in (other, rebooking.model_copy(update={"cost_usd": None})):
        with pytest.raises(BadEventError, match="a cost each, and the same call"):
            desk.meter.correct(
                desk.state, desk.incoming(wish.model_copy(update={"attempts": (reversal, line)}))
            )
