"""Moderations at the meter: screened is their end, they count as requests and as nothing else."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest
from services.meter.domain.accounts.accounts import Accounts

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def ended(event: Event | None) -> Completion:
    assert isinstance(event, Completion)
    return event


def code_of(completion: Completion) -> str | None:
    return completion.error.code if completion.error is not None else None


@pytest.mark.parametrize("action", ["allow", "modify", "block"])
def test_a_moderation_ends_as_screened_whatever_its_verdict_and_costs_nothing(
    desk_of: "type[Desk]", action: str
) -> None:
    desk = desk_of()
    completion = ended(desk.admit(desk.facts(1, screen_only=True, model="weir-guard"), action))

    assert (completion.status, completion.error, completion.cost_usd, completion.attempts) == (
        "screened",
        None,
        Decimal(0),
        (),
    )
    assert completion.input_verdict is not None
    assert completion.input_verdict.action == action
    assert (completion.messages[0].content, completion.pseudonyms, completion.output) == (
        "hi",
        "sealed",
        None,
    )
    assert desk.balance() == (Decimal("1.00"), 0, 0, 0)


def test_a_moderation_that_is_met_again_is_not_decided_again(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1, screen_only=True))

    assert desk.admit(desk.facts(1, screen_only=True)) is None


def test_a_moderation_counts_towards_the_rate_like_any_request(desk_of: "type[Desk]") -> None:
    desk = desk_of(None, per_minute=2)
    desk.admit(desk.facts(1, screen_only=True))
    assert isinstance(desk.admit(desk.facts(2)), AdmittedRequest)
    third, fourth = desk.admit(desk.facts(3, screen_only=True)), desk.admit(desk.facts(4))

    assert [(ended(one).status, code_of(ended(one))) for one in (third, fourth)] == [
        ("rejected", "rate_limit_exceeded")
    ] * 2

    desk.later(60)

    assert ended(desk.admit(desk.facts(5, screen_only=True))).status == "screened"


def test_a_moderation_uses_up_a_number_of_requests(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    desk.budgets.put(desk.budget({"name": "few", "unit": "requests", "amount": 1, "window": "day"}))

    assert ended(desk.admit(desk.facts(1, screen_only=True))).status == "screened"
    assert code_of(ended(desk.admit(desk.facts(2, screen_only=True)))) == "request_budget_exceeded"


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ({"unit": "usd", "amount": "0.01", "window": "month"}, "screened"),
        ({"unit": "tokens", "amount": 1, "window": "minute"}, "screened"),
        ({"unit": "concurrency", "amount": 1}, "screened"),
        ({"unit": "usd", "amount": 0, "window": "month"}, "rejected"),
        ({"unit": "concurrency", "amount": 0}, "rejected"),
    ],
)
def test_limits_of_money_and_tokens_stop_a_moderation_only_where_they_refuse_everything(
    desk_of: "type[Desk]", limit: Mapping[str, object], status: str
) -> None:
    desk = desk_of(None)
    desk.admit(desk.facts(1))
    desk.budgets.put(desk.budget({"name": "short", **limit}))

    assert ended(desk.admit(desk.facts(2, screen_only=True, model="no-route"))).status == status


def test_a_moderation_under_a_used_request_id_is_a_duplicate(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    desk.admit(desk.facts(1, screen_only=True))
    again = ended(desk.admit(desk.facts(2, screen_only=True, request_id="r1", content_digest="d1")))

    assert (again.status, again.duplicate_of, code_of(again)) == (
        "duplicate",
        desk.facts(1).record_id,
        "duplicate",
    )


def test_a_moderation_that_comes_too_late_expires(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    late = desk.facts(1, screen_only=True)
    desk.later(61)

    assert ended(desk.admit(late)).status == "expired"


def test_accounts_that_are_dumped_or_folded_anew_still_count_moderations(desk_of: "type[Desk]") -> None:
    desk = desk_of(None, per_minute=2)
    for number in (1, 2):
        desk.admit(desk.facts(number, screen_only=True))
    folded, loaded = Accounts(), Accounts()
    for decision in (*reversed(desk.log), *desk.log):
        folded.fold(decision.event, decision.event_id)
    loaded.load(list(desk.state.dump()))

    assert list(folded.dump()) == list(desk.state.dump()) == list(loaded.dump())

    desk.state = loaded

    assert code_of(ended(desk.admit(desk.facts(3, screen_only=True)))) == "rate_limit_exceeded"
