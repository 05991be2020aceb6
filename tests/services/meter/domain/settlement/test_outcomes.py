"""What an outcome says and costs: refused and screened requests nothing, a blocked answer its calls."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from schemas.outcomes import BookedAttempt
from schemas.values import ErrorFacts
from schemas.verdicts import Verdict
from services.meter.domain.accounts.account import OpenRequest
from services.meter.domain.accounts.dedup import FirstRequest
from services.meter.domain.settlement import outcomes
from services.meter.domain.settlement.outcomes import BookingAccounts

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

FAULT = ErrorFacts(code="too_large", message="shorten it")


def opened(desk: "Desk") -> OpenRequest:
    request = desk.facts(1)
    desk.admit(request)
    entry = desk.state.open_request(request.record_id)
    assert entry is not None
    return entry


def verdict(action: str, **fields: object) -> Verdict:
    shared = {"direction": "output", "policy": "p", "policy_version": 1, "took_ms": 1}
    return Verdict.model_validate({"action": action, **shared, **fields})


def booked(desk: "Desk", cost: str | None) -> BookedAttempt:
    return BookedAttempt(
        result=desk.call(desk.facts(1)),
        cost_usd=None if cost is None else Decimal(cost),
        cost_status="held" if cost is None else "priced",
        booked_at=desk.now,
    )


@pytest.mark.parametrize(("digest", "code"), [("d1", "duplicate"), ("another", "duplicate_other_body")])
def test_a_duplicate_names_the_first_record_and_says_whether_the_body_differs(
    desk_of: "type[Desk]", digest: str, code: str
) -> None:
    desk = desk_of()
    event = desk.screened(desk.facts(1))
    first = FirstRequest(7, digest, desk.now.timestamp())

    refusal = outcomes.duplicate_refusal(event.request, first)
    completion = outcomes.refused_completion(event, refusal, desk.now)

    assert (completion.status, completion.error) == ("duplicate", refusal.error)
    assert (completion.duplicate_of, refusal.error.code) == (first.record_id, code)
    assert (completion.cost_usd, completion.attempts) == (0, ())


def test_a_request_after_its_deadline_is_told_the_deadline_in_utc(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    event = desk.screened(desk.facts(1, deadline="2026-11-20T13:30:00+01:00"))

    completion = outcomes.refused_completion(event, outcomes.expired_refusal(event.request), desk.now)

    assert completion.status == "expired"
    assert completion.error is not None
    assert completion.error.code == "deadline_exceeded"
    assert "2026-11-20T12:30:00.000+00:00" in completion.error.message


@pytest.mark.parametrize(
    ("action", "status", "output", "code"),
    [
        ("allow", "answered", "ok", None),
        ("modify", "answered", "ok", None),
        ("block", "blocked", None, "blocked"),
    ],
)
def test_a_blocked_answer_loses_its_text_and_keeps_its_cost(
    desk_of: "type[Desk]", action: str, status: str, output: str | None, code: str | None
) -> None:
    desk = desk_of()
    entry = opened(desk)
    answer = desk.answer(entry.request, verdict=verdict(action, reason="card"))

    completion = outcomes.settled_completion(entry, answer, [booked(desk, "0.1")], desk.now)

    assert (completion.status, completion.output, completion.cost_usd) == (status, output, Decimal("0.1"))
    assert (completion.error.code if completion.error is not None else None) == code
    assert (completion.times.admitted_at, completion.times.answered_at) == (entry.admitted_at, desk.now)


def test_a_failed_answer_keeps_its_own_error_although_it_would_be_blocked(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    entry = opened(desk)
    answer = desk.answer(entry.request, status="failed", output=None, error=FAULT, verdict=verdict("block"))

    completion = outcomes.settled_completion(entry, answer, [], desk.now)

    assert (completion.status, completion.error, completion.cost_usd) == ("failed", FAULT, 0)


@pytest.mark.parametrize(("costs", "total"), [((), "0"), (("0.1", "0.2"), "0.3"), (("0.1", None), None)])
def test_a_late_answer_costs_what_its_calls_cost_together_and_is_unknown_if_one_is(
    desk_of: "type[Desk]", costs: tuple[str | None, ...], total: str | None
) -> None:
    desk = desk_of()
    answer = desk.answer(desk.facts(1))

    adjustment = outcomes.late_answer_adjustment(
        answer, [booked(desk, cost) for cost in costs], BookingAccounts("2026-11", ()), desk.now
    )

    assert adjustment.cost_usd == (None if total is None else Decimal(total))
    assert (adjustment.reason, adjustment.period, adjustment.budget) == ("late_answer", "2026-11", "acme")


def test_a_request_without_an_answer_has_an_unknown_cost_and_a_dead_letter_none(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    entry = opened(desk)

    expired = outcomes.expired_completion(entry, desk.now)
    failed = outcomes.dead_letter_completion(entry.request, None, FAULT, desk.now)

    assert (expired.status, expired.cost_usd, expired.reservation) == ("expired", None, entry.reservation)
    assert (failed.status, failed.cost_usd, failed.error) == ("failed", 0, FAULT)


@pytest.mark.parametrize(("reason", "is_kept"), [("too_large", True), ("unexpected_error", False)])
def test_the_usage_of_a_dead_letter_is_booked_only_if_its_size_was_the_fault(
    desk_of: "type[Desk]", reason: str, is_kept: bool
) -> None:
    desk = desk_of()
    call = desk.call(desk.facts(1))

    (bookable,) = outcomes.bookable_attempts([call], reason)

    assert (bookable.usage == call.usage) == is_kept
    assert bookable.attempt_id == call.attempt_id


def test_a_dead_letters_answer_has_its_calls_and_times_and_no_content(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    answer, calls = desk.answer(request), (desk.call(request),)
    desk.later(5)

    failed = outcomes.failed_answer(request, answer, calls, FAULT, desk.now)
    unread = outcomes.failed_answer(request, None, (), FAULT, desk.now)

    assert (failed.status, failed.output, failed.error, failed.attempts) == ("failed", None, FAULT, calls)
    assert (failed.answered_at, unread.answered_at) == (answer.answered_at, desk.now)
