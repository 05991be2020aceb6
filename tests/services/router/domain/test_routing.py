"""The router's next decision, as tables."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import Attempt
from schemas.documents import Candidate, RouteDocument
from services.router.domain.provider_call import FailureKind
from services.router.domain.retries import MAX_RETRY_AFTER_S
from services.router.domain.routing import (
    MAX_BACKOFF_S,
    MAX_CALLS,
    MAX_MESSAGE_CHARS,
    MAX_UNKNOWN,
    MAX_WAIT_S,
    CallCandidate,
    CallFailure,
    GiveUp,
    RetryLater,
    RoutingState,
    next_decision,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = NOON + timedelta(seconds=60)
RECORD_ID = UUID(int=1)
ROUTE = RouteDocument(
    name="small",
    candidates=(
        Candidate(provider="first", model="a", timeout_s=20, max_attempts=2),
        Candidate(provider="second", model="b", timeout_s=30, max_attempts=1),
    ),
)


def failure(kind: FailureKind, *, candidate: int = 0, retry_after_s: float | None = None) -> CallFailure:
    return CallFailure(candidate, kind, NOON, "the provider answered badly", retry_after_s)


def started(provider: str, model: str, number: int = 1) -> Attempt:
    return Attempt(
        attempt_id=UUID(int=number),
        record_id=RECORD_ID,
        tenant="acme",
        number=number,
        owner="router-1",
        provider=provider,
        model=model,
        started_at=NOON,
        deadline=DEADLINE,
    )


def dispatch(
    *failures: CallFailure,
    unknown: tuple[Attempt, ...] = (),
    route: RouteDocument = ROUTE,
    granted: tuple[int, ...] | None = None,
) -> RoutingState:
    return RoutingState(RECORD_ID, route, DEADLINE, unknown, failures, granted)


def test_the_first_candidate_is_called_first_with_its_own_timeout() -> None:
    assert next_decision(dispatch(), NOON) == CallCandidate(0, 20)


def test_a_call_never_gets_more_time_than_the_deadline_leaves() -> None:
    assert next_decision(dispatch(), DEADLINE - timedelta(seconds=5)) == CallCandidate(0, 5)


@pytest.mark.parametrize("kind", ["unreachable", "connection_lost", "timeout", "rate_limited", "unavailable"])
def test_a_passing_fault_waits_and_calls_the_same_candidate_again(kind: FailureKind) -> None:
    step = next_decision(dispatch(failure(kind)), NOON)

    assert isinstance(step, RetryLater)
    assert 0.5 <= step.seconds <= 0.75
    assert next_decision(dispatch(failure(kind)), NOON + timedelta(seconds=step.seconds)) == CallCandidate(
        0, 20
    )


def test_retry_after_is_waited_out_in_full() -> None:
    step = next_decision(dispatch(failure("rate_limited", retry_after_s=3)), NOON)

    assert isinstance(step, RetryLater)
    assert 3 <= step.seconds <= 4.5


def test_nobody_waits_long_for_one_provider_while_another_is_left() -> None:
    assert next_decision(dispatch(failure("rate_limited", retry_after_s=20)), NOON) == CallCandidate(1, 30)


@pytest.mark.parametrize("wait_s", [6.0, 1e9, 1e300, float("inf"), float("nan")])
def test_a_wait_beyond_patience_or_calendar_calls_the_next_candidate_at_once(wait_s: float) -> None:
    assert next_decision(dispatch(failure("rate_limited", retry_after_s=wait_s)), NOON) == CallCandidate(
        1, 30
    )


def test_a_wait_leaves_half_of_the_time_for_what_comes_after_it() -> None:
    soon = RoutingState(
        RECORD_ID, ROUTE, NOON + timedelta(seconds=6), (), (failure("rate_limited", retry_after_s=4),)
    )

    assert next_decision(soon, NOON) == CallCandidate(1, 6)


@pytest.mark.parametrize("wait_s", [MAX_WAIT_S + 1, 100.0, 1e300, float("inf")])
def test_a_request_does_not_hold_its_place_for_long_and_its_caller_is_told_a_bounded_wait(
    wait_s: float,
) -> None:
    route = ROUTE.model_copy(update={"candidates": ROUTE.candidates[:1]})
    patient = RoutingState(
        RECORD_ID, route, NOON + timedelta(hours=1), (), (failure("rate_limited", retry_after_s=wait_s),)
    )

    step = next_decision(patient, NOON)

    assert isinstance(step, GiveUp)
    assert (step.error.code, step.error.retry_after_s) == (
        "provider_rate_limited",
        min(wait_s, MAX_RETRY_AFTER_S),
    )


def test_a_clock_that_is_set_back_makes_no_wait_longer() -> None:
    step = next_decision(dispatch(failure("rate_limited", retry_after_s=3)), NOON - timedelta(days=1))

    assert isinstance(step, RetryLater)
    assert step.seconds <= 4.5


def test_a_request_is_called_for_only_so_many_times() -> None:
    route = RouteDocument(
        name="small",
        candidates=tuple(
            Candidate(provider=f"p{number}", model="m", max_attempts=10) for number in range(50)
        ),
    )
    failures = tuple(failure("configuration", candidate=number % 20) for number in range(MAX_CALLS))

    step = next_decision(dispatch(*failures, route=route), NOON)

    assert isinstance(step, GiveUp)
    assert len(step.error.message) < 2 * MAX_MESSAGE_CHARS


def test_the_last_candidate_is_waited_for_as_long_as_the_deadline_allows() -> None:
    route = ROUTE.model_copy(update={"candidates": ROUTE.candidates[:1]})

    patient = next_decision(dispatch(failure("rate_limited", retry_after_s=20), route=route), NOON)
    hopeless = next_decision(dispatch(failure("rate_limited", retry_after_s=70), route=route), NOON)

    assert isinstance(patient, RetryLater)
    assert isinstance(hopeless, GiveUp)
    assert (hopeless.status, hopeless.error.code, hopeless.error.retry_after_s) == (
        "failed",
        "provider_rate_limited",
        70,
    )


def test_the_next_candidate_follows_when_the_attempts_are_used_up() -> None:
    assert next_decision(dispatch(failure("unavailable"), failure("unavailable")), NOON) == CallCandidate(
        1, 30
    )


@pytest.mark.parametrize("kind", ["configuration", "cut_off", "bad_reply", "adapter_error"])
def test_a_fault_that_stays_goes_to_the_next_candidate_at_once(kind: FailureKind) -> None:
    assert next_decision(dispatch(failure(kind)), NOON) == CallCandidate(1, 30)


def test_an_invalid_request_is_given_up_since_no_provider_would_take_it() -> None:
    step = next_decision(dispatch(failure("invalid_request")), NOON)

    assert isinstance(step, GiveUp)
    assert (step.status, step.error.code) == ("failed", "provider_rejected")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("unreachable", "provider_unavailable"),
        ("timeout", "provider_timeout"),
        ("rate_limited", "provider_rate_limited"),
        ("configuration", "provider_configuration"),
        ("cut_off", "provider_cut_off"),
        ("bad_reply", "provider_bad_reply"),
        ("adapter_error", "provider_adapter_error"),
    ],
)
def test_when_all_candidates_failed_the_last_fault_names_the_code_and_the_message_names_each(
    kind: FailureKind, code: str
) -> None:
    step = next_decision(dispatch(failure("bad_reply"), failure(kind, candidate=1)), NOON)

    assert isinstance(step, GiveUp)
    assert (step.status, step.error.code) == ("failed", code)
    assert "first/a" in step.error.message
    assert "second/b" in step.error.message


@pytest.mark.parametrize("failures", [(), (failure("unavailable"),), (failure("invalid_request"),)])
def test_at_the_deadline_the_request_is_expired_whatever_happened_before(
    failures: tuple[CallFailure, ...],
) -> None:
    step = next_decision(dispatch(*failures), DEADLINE)

    assert isinstance(step, GiveUp)
    assert (step.status, step.error.code) == ("expired", "deadline_exceeded")


def test_only_candidates_that_money_was_reserved_for_are_called() -> None:
    assert next_decision(dispatch(granted=(1,)), NOON) == CallCandidate(1, 30)
    last = next_decision(dispatch(failure("configuration", candidate=0), granted=(0,)), NOON)
    assert isinstance(last, GiveUp)
    assert last.status == "failed"


def test_an_unknown_call_at_a_candidate_that_is_not_granted_is_not_repeated_there() -> None:
    assert next_decision(dispatch(unknown=(started("first", "a"),), granted=(1,)), NOON) == CallCandidate(
        1, 30
    )


def test_an_unknown_call_is_repeated_at_the_same_candidate_so_that_its_idempotency_key_holds() -> None:
    assert next_decision(dispatch(unknown=(started("second", "b"),)), NOON) == CallCandidate(1, 30)


def test_an_unknown_call_at_a_candidate_that_left_the_route_begins_anew() -> None:
    assert next_decision(dispatch(unknown=(started("gone", "c"),)), NOON) == CallCandidate(0, 20)


def test_an_unknown_call_is_not_repeated_where_the_route_forbids_it() -> None:
    route = ROUTE.model_copy(update={"repeat_unknown": False})

    step = next_decision(dispatch(unknown=(started("first", "a"),), route=route), NOON)

    assert isinstance(step, GiveUp)
    assert (step.status, step.error.code) == ("failed", "attempt_unknown")


def test_a_request_that_kills_its_process_each_time_is_not_called_for_ever() -> None:
    unknown = tuple(started("first", "a", number) for number in range(1, MAX_UNKNOWN + 1))

    step = next_decision(dispatch(unknown=unknown), NOON)

    assert isinstance(step, GiveUp)
    assert step.error.code == "attempt_unknown"


@given(tries=st.integers(1, 9), record=st.uuids(), elapsed_s=st.floats(0, 70))
def test_a_wait_is_the_same_on_every_replay_bounded_and_never_past_the_deadline(
    tries: int, record: UUID, elapsed_s: float
) -> None:
    route = RouteDocument(name="small", candidates=(Candidate(provider="first", model="a", max_attempts=10),))
    now = NOON + timedelta(seconds=elapsed_s)
    failures = tuple(CallFailure(0, "unavailable", now, "the provider answered 503") for _ in range(tries))
    state = RoutingState(record, route, DEADLINE, (), failures)

    step = next_decision(state, now)

    assert step == next_decision(state, now)
    if isinstance(step, RetryLater):
        assert 0 < step.seconds <= MAX_BACKOFF_S * 1.5
        assert now + timedelta(seconds=step.seconds) < DEADLINE
    else:
        assert isinstance(step, GiveUp)
