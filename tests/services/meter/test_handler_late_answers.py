"""Answers after the outcome: their calls are booked once, where the reservation is held."""

from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.outcomes import Adjustment
from streaming.brokers.records import Record
from streaming.handling import DeadLetteredRecord

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def test_an_answer_after_the_outcome_is_booked_once_as_an_adjustment_and_frees_the_hold(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    call = desk.call(request, output=40)
    desk.later(71)
    desk.expire()
    late = desk.settle(request, call)

    assert isinstance(late, Adjustment)
    assert (late.reason, late.cost_usd, late.period, late.request_id) == (
        "late_answer",
        Decimal("0.05"),
        "2026-11",
        "r1",
    )

    balance = desk.balance()

    assert (balance.captured, balance.held) == (Decimal("0.05"), 0)
    assert desk.settle(request, call) is None


def test_a_late_answer_that_says_that_nothing_was_called_frees_the_hold_once(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(71)
    desk.expire()
    late = desk.settle(request, status="expired", output=None)

    assert isinstance(late, Adjustment)
    assert (late.attempts, late.cost_usd) == ((), 0)
    assert desk.balance().available == 1
    assert desk.settle(request, status="expired", output=None) is None


def test_a_late_answer_with_an_unknown_call_keeps_the_rest_of_the_hold(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(71)
    desk.expire()
    desk.settle(
        request, desk.call(request, output=20), desk.call(request, number=2, state="unknown", usage=None)
    )

    assert (desk.balance().captured, desk.balance().held) == (Decimal("0.03"), Decimal("0.07"))


def test_a_second_answer_books_only_its_new_calls(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request))
    second = desk.settle(request, desk.call(request), desk.call(request, number=2, output=10))

    assert isinstance(second, Adjustment)
    assert [line.result.number for line in second.attempts] == [2]
    assert desk.balance().captured == Decimal("0.12")


def test_an_answer_to_a_request_that_nobody_knows_is_booked_as_an_adjustment(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    stray = desk.settle(request, desk.call(request))

    assert isinstance(stray, Adjustment)
    assert (stray.cost_usd, stray.period) == (Decimal("0.1"), "2026-11")
    assert desk.settle(desk.facts(2), status="failed", output=None) is None


def test_an_answer_that_is_read_once_more_after_all_is_forgotten_is_not_booked_again(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    call = desk.call(request)
    desk.settle(request, call)
    desk.later(2 * 86_400)
    desk.admit(desk.facts(2))
    desk.expire()

    assert not desk.state.is_booked(call.attempt_id)
    assert desk.settle(request, call) is None
    assert desk.balance().captured == Decimal("0.1")


def test_an_answer_that_comes_days_late_is_still_booked_where_money_is_held_for_it(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    call = desk.call(request)
    desk.later(2 * 86_400)
    desk.expire()
    desk.admit(desk.facts(2))
    late = desk.settle(request, call)

    assert isinstance(late, Adjustment)
    assert desk.balance().captured == Decimal("0.1")


def test_a_late_answer_that_is_a_dead_letter_still_books_its_calls_once(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.later(100)
    desk.expire()
    answer = desk.answer(request, desk.call(request))
    record = Record("llm.answers.screened", 0, 7, 0, None, answer.model_dump_json().encode())
    for event in (answer, None):
        closed = desk.take(
            desk.meter.close_answer(
                desk.state, DeadLetteredRecord(record, event, "poison", "2 processes ended", desk.now)
            )
        )
        if event is None:
            assert closed is None
            continue
        assert isinstance(closed, Adjustment)
        assert [(line.result.attempt_id, line.cost_status) for line in closed.attempts] == [
            (desk.call(request).attempt_id, "held")
        ]
    unreadable = DeadLetteredRecord(record, None, "invalid_event", "no event", desk.now)

    assert desk.meter.close_answer(desk.state, unreadable) is None
