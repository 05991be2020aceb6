"""Each call has one current booking: its first one, or the last of a chain of corrections."""

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from schemas.outcomes import Adjustment, Completion
from schemas.requests import RequestFacts
from services.meter.domain.settlement.bookings import Bookings
from streaming.handling import LedgerDecision
from tests.services.meter.correcting import change_price, correct, current, repriced

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def booked_call(desk: "Desk") -> RequestFacts:
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request))
    return request


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

    assert len(current([*desk.log, *desk.log, LedgerDecision(stray, "stray")])) == 1


def test_a_late_booking_that_does_not_say_what_its_request_was_is_found_by_its_outcome(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(71)
    desk.expire()
    late = desk.settle(request, desk.call(request))
    assert isinstance(late, Adjustment)
    nameless = LedgerDecision(late.model_copy(update={"request": None}), desk.log[-1].name)
    (found,) = current([*desk.log[:-1], nameless])

    assert (found.request, found.line.cost_usd) == (request, Decimal("0.1"))
    assert current([nameless]) == []


def test_of_a_chain_of_corrections_the_last_one_is_current(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = booked_call(desk)
    for version, usd_per_mtok in enumerate(("500", "700"), start=2):
        change_price(desk, usd_per_mtok, version)
        correct(desk, repriced(desk).wishes[0])

    (booking,) = current(desk.log)

    assert (booking.line.entry, booking.line.cost_usd) == ("rebooking", Decimal("0.07"))
    assert (booking.request, booking.period) == (request, "2026-11")
    assert booking.booking_id == desk.log[-1].event_id


def test_of_two_corrections_of_one_booking_the_first_in_the_log_is_current(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    change_price(desk, "500")
    correct(desk, repriced(desk).wishes[0])
    first = desk.log[-1]
    assert isinstance(first.event, Adjustment)
    reversal, rebooking = first.event.attempts
    dearer = rebooking.model_copy(update={"cost_usd": Decimal(9)})
    second = first.event.model_copy(update={"attempts": (reversal, dearer)})

    (booking,) = current([*desk.log, LedgerDecision(second, first.name)])

    assert booking.line.cost_usd == Decimal("0.05")


def test_only_wanted_calls_are_yielded(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    outcome = desk.log[-1].event
    assert isinstance(outcome, Completion)

    def yielded(tenant: str, model: str) -> int:
        bookings = Bookings(
            lambda name, line: (name, line.result.model) == (tenant, model), lambda _: UUID(int=0)
        )
        return len(list(bookings.of(outcome)))

    assert [yielded("acme", "m"), yielded("globex", "m"), yielded("acme", "n")] == [1, 0, 0]


def test_a_call_without_a_reservation_counts_in_the_month_of_its_start(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    booked_call(desk)
    outcome = desk.log[-1].event
    assert isinstance(outcome, Completion)
    bookings = Bookings(lambda _, __: True, lambda booking_id: uuid5(booking_id, "next"))

    (booking,) = bookings.of(outcome.model_copy(update={"reservation": None}))

    assert (booking.period, booking.claims) == ("2026-11", ())
