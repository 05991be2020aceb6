"""A request is admitted with its worst case set aside, or closed at once with the reason and the way out."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schemas.budgets import BudgetDocument
from schemas.documents import PromptDocument, PromptVersion, RouteDocument
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest
from schemas.values import ErrorFacts, Message
from streaming.handling import NAMESPACE, LedgerDecision

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def refusal(event: object) -> tuple[Completion, ErrorFacts]:
    assert isinstance(event, Completion)
    assert event.error is not None
    assert event.cost_usd == 0
    assert event.attempts == ()
    return event, event.error


def test_an_admitted_request_reserves_its_worst_case_and_waits_for_its_deadline_and_grace(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    admitted = desk.admit(desk.facts(1))

    assert isinstance(admitted, AdmittedRequest)
    assert admitted.reservation.amount_usd == Decimal("0.1")
    assert (admitted.reservation.budget, admitted.reservation.period) == ("acme", "2026-11")
    assert admitted.expires_at == desk.now + timedelta(seconds=70)
    assert desk.balance().reserved == Decimal("0.1")


def test_the_worst_case_counts_every_try_of_every_candidate(desk_of: "type[Desk]") -> None:
    desk = desk_of(max_attempts=2)
    first = desk.routes.get("small")
    assert first is not None
    desk.prices.put(desk.price("local/dear", "4000"))
    dear = first.candidates[0].model_copy(update={"model": "dear", "max_attempts": 1})
    desk.routes.put(RouteDocument(name="small", candidates=(*first.candidates, dear), max_output_tokens=90))
    admitted = desk.admit(desk.facts(1))

    assert isinstance(admitted, AdmittedRequest)
    assert admitted.reservation.amount_usd == Decimal("0.6")


def test_max_tokens_shortens_what_is_reserved_but_never_lengthens_it(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    short = desk.admit(desk.facts(1, sampling={"max_tokens": 10}))
    long = desk.admit(desk.facts(2, sampling={"max_tokens": 5000}))

    assert isinstance(short, AdmittedRequest)
    assert isinstance(long, AdmittedRequest)
    assert (short.reservation.max_output_tokens, long.reservation.max_output_tokens) == (10, 90)


def test_a_prompt_adds_its_longest_version_and_each_value_wherever_it_is_named(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    one = PromptVersion(
        version=1, messages=(Message(role="system", content="Be {{ tone }}, always {{ tone }}."),)
    )
    two = PromptVersion(version=2, messages=(Message(role="system", content="Be {{ tone }}."),))
    desk.prompts.put(PromptDocument(name="support", versions=(one, two)))
    admitted = desk.admit(desk.facts(1, prompt="support@production"), variables={"tone": "kind"})

    assert isinstance(admitted, AdmittedRequest)
    assert admitted.reservation.estimated_input_tokens == 10 + 10 + 2 * len("kind")


def test_a_request_met_again_is_not_decided_again(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)

    assert desk.admit(request) is None

    desk.settle(request, desk.call(request))

    assert desk.admit(request) is None
    assert desk.settle(request, desk.call(request)) is None


def test_decisions_are_named_after_what_they_decide(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request))
    desk.settle(request, desk.call(request, number=2))
    late = LedgerDecision(desk.log[2].event, desk.log[2].name)

    assert [decision.name for decision in desk.log[:2]] == [
        f"{request.record_id}/admission",
        f"{request.record_id}/outcome",
    ]
    assert desk.log[2].name.endswith("/late")
    assert late.event_id == desk.log[2].event_id != NAMESPACE


def test_a_blocked_request_says_why_and_costs_nothing(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    completion, error = refusal(desk.admit(desk.facts(1), "block"))

    assert (completion.status, error.code) == ("blocked", "blocked")
    assert "card" in error.message
    assert (completion.messages[0].content, completion.pseudonyms) == ("hi", "sealed")
    assert desk.balance().available == 1


def test_a_duplicate_names_the_first_and_says_whether_the_body_differs(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1))
    same, said_same = refusal(desk.admit(desk.facts(2, request_id="r1", content_digest="d1")))
    other, said_other = refusal(desk.admit(desk.facts(3, request_id="r1")))

    assert (same.status, same.duplicate_of, said_same.code) == (
        "duplicate",
        desk.facts(1).record_id,
        "duplicate",
    )
    assert (other.status, other.duplicate_of, said_other.code) == (
        "duplicate",
        desk.facts(1).record_id,
        "duplicate_other_body",
    )


def test_a_blocked_request_that_is_sent_again_is_a_duplicate_of_the_first(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1), "block")
    again, said = refusal(desk.admit(desk.facts(2, request_id="r1", content_digest="d1"), "block"))

    assert (again.status, again.duplicate_of, said.code) == (
        "duplicate",
        desk.facts(1).record_id,
        "duplicate",
    )


def test_the_same_request_id_of_another_tenant_is_no_duplicate(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1))
    assert isinstance(desk.admit(desk.facts(2, request_id="r1", tenant="globex")), AdmittedRequest)


def test_a_request_id_is_free_again_after_a_day(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1))
    desk.later(90_000)
    desk.expire()

    assert refusal(desk.admit(desk.facts(2, request_id="r1")))[1].code == "duplicate_other_body"

    desk.later(90_000)
    desk.admit(desk.facts(3))
    desk.expire()
    assert isinstance(desk.admit(desk.facts(4, request_id="r1")), AdmittedRequest)


def test_a_rejected_request_may_be_sent_again_under_its_id(desk_of: "type[Desk]") -> None:
    desk = desk_of(None, per_minute=1)
    desk.admit(desk.facts(1))

    assert refusal(desk.admit(desk.facts(2)))[1].code == "rate_limit_exceeded"

    desk.later(60)
    assert isinstance(desk.admit(desk.facts(3, request_id="r2")), AdmittedRequest)


def test_a_request_after_its_deadline_expires_without_a_call(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.later(60)
    completion, error = refusal(desk.admit(request))

    assert (completion.status, error.code) == ("expired", "deadline_exceeded")


def test_an_unknown_model_names_the_known_ones(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    completion, error = refusal(desk.admit(desk.facts(1, model="gpt-9")))

    assert (completion.status, error.code) == ("rejected", "unknown_model")
    assert "'gpt-9'" in error.message
    assert "small, unpriced" in error.message


def test_a_refusal_for_money_shows_the_arithmetic(desk_of: "type[Desk]") -> None:
    desk = desk_of("0.25")
    settled = desk.facts(1)
    desk.admit(settled)
    desk.settle(settled, desk.call(settled))
    desk.admit(desk.facts(2))
    completion, error = refusal(desk.admit(desk.facts(3)))

    assert (completion.status, error.code) == ("rejected", "budget_exceeded")
    assert (
        "up to 0.1 USD, but 0.05 USD are left of 2026-11's 0.25 USD "
        "(spent 0.1 USD, reserved 0.1 USD, held 0 USD)" in error.message
    )


def test_a_budget_of_zero_refuses_all_that_costs_and_a_budget_in_full_is_used_to_the_last(
    desk_of: "type[Desk]",
) -> None:
    assert refusal(desk_of("0").admit(desk_of().facts(1)))[1].code == "budget_exceeded"
    assert isinstance(desk_of("0.1").admit(desk_of().facts(1)), AdmittedRequest)


def test_a_new_month_starts_with_the_whole_budget(desk_of: "type[Desk]") -> None:
    desk = desk_of("0.1")
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request))

    assert refusal(desk.admit(desk.facts(2)))[1].code == "budget_exceeded"

    desk.later(11 * 86_400)
    admitted = desk.admit(desk.facts(3))

    assert isinstance(admitted, AdmittedRequest)
    assert admitted.reservation.period == "2026-12"


def test_a_call_that_starts_after_midnight_is_captured_in_the_month_that_reserved_it(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    desk.later(11 * 86_400 - 43_200 - 5)
    request = desk.facts(1)
    desk.admit(request)
    desk.later(20)
    desk.settle(request, desk.call(request))

    assert desk.state.balance("acme", Decimal(1), "2026-11").captured == Decimal("0.1")
    assert desk.state.balance("acme", Decimal(1), "2026-12").captured == 0


@pytest.mark.parametrize(("monthly", "is_admitted"), [("5.00", False), (None, True)])
def test_an_unknown_price_is_refused_under_a_hard_budget_and_held_without_one(
    desk_of: "type[Desk]", monthly: str | None, *, is_admitted: bool
) -> None:
    desk = desk_of(monthly)
    event = desk.admit(desk.facts(1, model="unpriced"))
    if is_admitted:
        assert isinstance(event, AdmittedRequest)
        assert event.reservation.amount_usd is None
    else:
        completion, error = refusal(event)
        assert (completion.status, error.code) == ("rejected", "price_unknown")
        assert "local/never-heard-of" in error.message


def test_a_tenant_without_a_document_gets_the_default_and_without_that_no_limit(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    assert isinstance(desk.admit(desk.facts(1, tenant="initech")), AdmittedRequest)
    desk.budgets.put(BudgetDocument(name="default", monthly_usd=Decimal("0.1")))

    assert refusal(desk.admit(desk.facts(2, tenant="initech")))[1].code == "budget_exceeded"


def test_a_rate_limit_says_when_to_come_back_and_refused_requests_do_not_count(desk_of: "type[Desk]") -> None:
    desk = desk_of(None, per_minute=60, burst=2)
    for number in (1, 2):
        assert isinstance(desk.admit(desk.facts(number)), AdmittedRequest)
    desk.later(0.5)
    for number in (3, 4):
        error = refusal(desk.admit(desk.facts(number)))[1]
        assert (error.code, error.retry_after_s) == ("rate_limit_exceeded", 1.5)
    desk.later(1.5)
    assert isinstance(desk.admit(desk.facts(5)), AdmittedRequest)


def test_the_first_holder_of_an_id_is_known_by_its_record(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1))
    first = desk.state.first_request("acme", "r1")

    assert first is not None
    assert isinstance(first.record_id, UUID)
    assert first.record_id == desk.facts(1).record_id
