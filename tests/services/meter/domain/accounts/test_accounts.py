"""The accounts are a fold: any interleaving with redeliveries gives the same; no budget is exceeded."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.answers import AttemptResult
from schemas.outcomes import Completion
from schemas.requests import AdmittedRequest, RequestFacts
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.admission import limit_state
from services.meter.domain.limits.limits import AppliedLimit, LimitBalance, LimitState
from services.meter.domain.limits.scopes import dimensions_of
from services.meter.domain.limits.windows import window_of
from streaming.handling import LedgerDecision
from tests.services.meter.histories import folded, history, limited, random_call, somebody

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

SEEDS = st.integers(0, 1_000_000)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, order=st.randoms(use_true_random=False))
def test_any_interleaving_of_the_topics_with_repeats_gives_the_same_accounts(
    desk_of: "type[Desk]", seed: int, order: random.Random
) -> None:
    log = history(limited(desk_of, "3.00", per_minute=600), seed, 60)
    queues: dict[str, list[LedgerDecision]] = {}
    for decision in log:
        queues.setdefault(decision.event.TYPE, []).append(decision)
    mixed: list[LedgerDecision] = []
    while any(queues.values()):
        queue = queues[order.choice(sorted(topic for topic, queue in queues.items() if queue))]
        mixed.extend([queue.pop(0)] * order.choice([1, 1, 2]))

    assert list(folded(mixed).dump()) == list(folded(log).dump())


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_accounts_that_were_in_use_equal_those_that_are_folded_from_the_log_one_topic_after_the_other(
    desk_of: "type[Desk]", seed: int
) -> None:
    desk = limited(desk_of, "3.00", per_minute=600)
    log = history(desk, seed, 60)
    rebuilt = folded(sorted(log, key=lambda decision: decision.event.TYPE))

    assert list(rebuilt.dump()) == list(desk.state.dump())


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, cut=st.floats(0, 1))
def test_a_snapshot_and_the_rest_of_the_log_give_what_the_whole_log_gives(
    desk_of: "type[Desk]", seed: int, cut: float
) -> None:
    log = history(limited(desk_of, "3.00", per_minute=600), seed, 60)
    place = int(cut * len(log))
    loaded = Accounts()
    loaded.load(list(folded(log[:place]).dump()))
    for decision in log[place:]:
        loaded.fold(decision.event, decision.event_id)

    assert list(loaded.dump()) == list(folded(log).dump())


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_a_loaded_dump_decides_as_the_accounts_it_was_taken_from(desk_of: "type[Desk]", seed: int) -> None:
    desk, loaded = limited(desk_of, "1.00", per_minute=30), Accounts()
    history(desk, seed, 40)
    loaded.load(list(desk.state.dump()))

    assert loaded.balance("acme", Decimal(1), "2026-11") == desk.balance()
    assert [standings(loaded, desk)] == [standings(desk.state, desk)]
    assert loaded.expired(desk.now + timedelta(days=1)) == desk.state.expired(desk.now + timedelta(days=1))


def standings(accounts: Accounts, desk: "Desk") -> list[tuple[str, str, LimitState]]:
    """Show how every account of every limit stands now."""
    budget = desk.budgets.get("acme")
    assert budget is not None
    found: list[tuple[str, str, LimitState]] = []
    for limit in budget.all_limits:
        window = window_of(limit, desk.now)
        for scope in sorted(
            {
                scope
                for scope, _ in desk.state.account_keys("acme")
                if set(dimensions_of(scope)) == {*limit.per, *limit.only}
            }
        ):
            applied = AppliedLimit(limit, scope, window)
            found.append((limit.name, scope, limit_state(accounts, "acme", applied, Decimal(1), desk.now)))
    return found


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, limit=st.sampled_from(["0.05", "0.30", "1.00", "5.00"]))
def test_no_run_passes_its_budget_while_calls_cost_at_most_what_was_reserved(
    desk_of: "type[Desk]", seed: int, limit: str
) -> None:
    randomness, desk = random.Random(seed), limited(desk_of, limit, max_attempts=2)
    waiting: list[RequestFacts] = []
    for step in range(200):
        desk.later(randomness.choice([0.001, 0.1, 1, 30, 1000]))
        if len(waiting) < 64 and randomness.random() < 0.6:
            request = somebody(desk, step, randomness)
            if isinstance(desk.admit(request), AdmittedRequest):
                waiting.append(request)
        elif waiting:
            request = waiting.pop(randomness.randrange(len(waiting)))
            desk.settle(request, *within_its_reservation(desk, request, randomness))
        desk.expire()
        balance = desk.balance(limit)
        assert min(balance.captured, balance.reserved, balance.held) >= 0
        hard = [
            standing
            for name, _, standing in standings(desk.state, desk)
            if name != "soft" and isinstance(standing, LimitBalance)
        ]
        assert all(standing.available >= 0 for standing in [*hard, balance])


def within_its_reservation(
    desk: "Desk", request: RequestFacts, randomness: random.Random
) -> list[AttemptResult]:
    """Call what was granted, as often and for as long as was granted."""
    entry = desk.state.open_request(request.record_id)
    if entry is None:
        return []
    longest, quotes = entry.reservation.max_output_tokens, entry.reservation.quotes
    calls = [quote for quote in quotes for _ in range(quote.calls)][: randomness.randrange(4)]
    return [random_call(desk, request, number, longest, quote.model) for number, quote in enumerate(calls, 1)]


def test_the_overshoot_is_at_most_what_the_open_requests_cost_beyond_their_reservations(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of("1.00")
    requests = [desk.facts(number) for number in range(64)]
    admitted = [request for request in requests if isinstance(desk.admit(request), AdmittedRequest)]

    assert len(admitted) == 10

    for request in admitted:
        desk.settle(
            request,
            desk.call(request, usage={"prompt_tokens": 15, "completion_tokens": 90, "total_tokens": 105}),
        )

    assert desk.balance().captured == Decimal("1.00") + 10 * Decimal("0.005")

    refused = desk.admit(desk.facts(100))

    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert "0 USD are left" in refused.error.message


def test_an_admission_of_a_frozen_owner_does_not_open_what_its_successor_closed(
    desk_of: "type[Desk]",
) -> None:
    frozen, successor = desk_of(), desk_of("0")
    frozen.admit(frozen.facts(1))
    successor.admit(successor.facts(1))
    for log in ([*frozen.log, *successor.log], [*successor.log, *frozen.log]):
        accounts = folded(log)
        assert accounts.open_request(frozen.facts(1).record_id) is None
        assert accounts.balance("acme", Decimal(1), "2026-11").available == 1


def test_a_second_outcome_changes_nothing(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    desk.settle(request, desk.call(request, output=40))
    before = list(desk.state.dump())
    other = desk.log[-1].event
    assert isinstance(other, Completion)
    desk.state.fold(other.model_copy(update={"status": "expired", "attempts": ()}), desk.log[-1].event_id)

    assert list(desk.state.dump()) == before


def test_what_is_older_than_a_day_is_forgotten_but_never_an_open_request_or_its_money(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of()
    old, still_open = desk.facts(1), desk.facts(2, deadline=desk.now + timedelta(days=5))
    for request in (old, still_open):
        desk.admit(request)
    desk.settle(old, desk.call(old))
    desk.later(2 * 86_400)
    desk.admit(desk.facts(3))
    desk.expire()

    assert not desk.state.is_decided(old.record_id)
    assert desk.state.is_decided(still_open.record_id)
    assert desk.state.first_request("acme", "r1") is None
    assert (desk.balance().captured, desk.balance().reserved) == (Decimal("0.1"), Decimal("0.2"))
