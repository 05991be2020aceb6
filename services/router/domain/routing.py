"""What the router does next with a request: a pure decision from the route, the calls so far and the time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from schemas.answers import Attempt
from schemas.documents import Candidate, RouteDocument
from schemas.values import ErrorFacts
from services.router.domain.provider_call import FailureKind
from services.router.domain.retries import bounded_wait_s

# A request that ends its process each time it is tried must not buy answers for ever.
MAX_UNKNOWN = 10
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 8.0
# The whole answer, which lists each call, travels in one record.
MAX_CALLS = 100
# Longer than this we do not wait for one provider while another candidate is left.
PATIENCE_S = 5.0
# A waiting request takes the place of a call, so that a longer wait is the caller's: it is told Retry-After.
LONGEST_WAIT_S = 30.0
MAX_MESSAGE_CHARS = 2_000

_REPEATED: frozenset[FailureKind] = frozenset(
    {"unreachable", "connection_lost", "timeout", "rate_limited", "unavailable"}
)
_CODES: dict[FailureKind, str] = {
    "not_sent": "deadline_exceeded",
    "unreachable": "provider_unavailable",
    "connection_lost": "provider_unavailable",
    "timeout": "provider_timeout",
    "rate_limited": "provider_rate_limited",
    "unavailable": "provider_unavailable",
    "configuration": "provider_configuration",
    "invalid_request": "provider_rejected",
    "cut_off": "provider_cut_off",
    "bad_reply": "provider_bad_reply",
    "adapter_error": "provider_adapter_error",
}
_WAYS_OUT: dict[str, str] = {
    "provider_unavailable": "send it again later",
    "provider_timeout": "send it again later, or ask for a shorter answer",
    "provider_rate_limited": "send it again after retry_after_s",
    "provider_configuration": "the operator checks key, address and model of the provider",
    "provider_rejected": "the provider refuses the request as it is: check its size and its settings",
    "provider_cut_off": "send it again",
    "provider_bad_reply": "the operator checks that the address speaks the protocol that the kind of the provider names",
    "provider_adapter_error": "the operator finds the type of the error in the router's log",
}


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call, or a candidate that cannot be called, that gave no answer; `message` holds no content."""

    candidate: int
    kind: FailureKind
    ended_at: datetime
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RoutingState:
    """All that the choice depends on; `unknown` are calls of a former process whose result nobody knows."""

    record_id: UUID
    route: RouteDocument
    deadline: datetime
    unknown: Sequence[Attempt]
    failures: Sequence[CallFailure] = ()
    granted: Sequence[int] | None = None

    @property
    def callable_candidates(self) -> Sequence[int]:
        """The candidates that may be called, in the order of the route: those that money was reserved for."""
        return range(len(self.route.candidates)) if self.granted is None else self.granted


@dataclass(frozen=True, slots=True)
class CallCandidate:
    """Call candidate number `candidate` and give it at most `timeout_s`."""

    candidate: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Ask again in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further call is made."""

    status: Literal["failed", "expired"]
    error: ErrorFacts


RoutingDecision = CallCandidate | RetryLater | GiveUp


def next_step(dispatch: RoutingState, now: datetime) -> RoutingDecision:
    """The next step; the same answer for the same facts, and never a call at or after the deadline."""
    if now >= dispatch.deadline:
        return GiveUp("expired", _expired(dispatch))
    if dispatch.unknown and not dispatch.route.repeat_unknown:
        return GiveUp("failed", _unknown(dispatch, "route.repeat_unknown forbids to call again"))
    if len(dispatch.unknown) >= MAX_UNKNOWN:
        return GiveUp("failed", _unknown(dispatch, f"it is not called again after {MAX_UNKNOWN}"))
    if not dispatch.failures:
        return _call(dispatch, _first_candidate(dispatch), now)
    return _after_failure(dispatch, dispatch.failures[-1], now)


def call_timeout_s(candidate: Candidate, deadline: datetime, now: datetime) -> float:
    """How long a call that starts now may take."""
    return min(candidate.timeout_s, (deadline - now).total_seconds())


def _after_failure(dispatch: RoutingState, last: CallFailure, now: datetime) -> RoutingDecision:
    if last.kind == "invalid_request" or len(dispatch.failures) >= MAX_CALLS:
        return GiveUp("failed", _failed(dispatch, last))
    follower = next((place for place in dispatch.callable_candidates if place > last.candidate), None)
    again = _again(dispatch, last, now, LONGEST_WAIT_S if follower is None else PATIENCE_S)
    if again is not None:
        return again
    return (
        _call(dispatch, follower, now) if follower is not None else GiveUp("failed", _failed(dispatch, last))
    )


def _again(
    dispatch: RoutingState, last: CallFailure, now: datetime, longest_s: float
) -> RoutingDecision | None:
    """Call the same candidate again, after its wait; None where that makes no sense: half of the time that was left stays for the next call."""
    tries = sum(failure.candidate == last.candidate for failure in dispatch.failures)
    if last.kind not in _REPEATED or tries >= dispatch.route.candidates[last.candidate].max_attempts:
        return None
    delay_s = _delay_s(dispatch, last, tries)
    left_s = (dispatch.deadline - last.ended_at).total_seconds()
    # Asked before a date is made of the wait, which may leave the calendar.
    if not delay_s <= min(longest_s, left_s / 2):
        return None
    due = last.ended_at + timedelta(seconds=delay_s)
    return (
        RetryLater(min(delay_s, (due - now).total_seconds()))
        if now < due
        else _call(dispatch, last.candidate, now)
    )


def _call(dispatch: RoutingState, candidate: int, now: datetime) -> CallCandidate:
    return CallCandidate(
        candidate, call_timeout_s(dispatch.route.candidates[candidate], dispatch.deadline, now)
    )


def _first_candidate(dispatch: RoutingState) -> int:
    # The same candidate gets the same idempotency key, so a provider that honours it does not charge for the repeat.
    for attempt in reversed(dispatch.unknown):
        for place in dispatch.callable_candidates:
            candidate = dispatch.route.candidates[place]
            if (candidate.provider, candidate.model) == (attempt.provider, attempt.model):
                return place
    return dispatch.callable_candidates[0]


def _delay_s(dispatch: RoutingState, last: CallFailure, tries: int) -> float:
    # 1.0 as the floor of the factor keeps Retry-After a promise; the spread keeps a thousand clients from returning at once.
    spread = 1.0 + _jitter(dispatch.record_id, tries) / 2
    if last.retry_after_s is not None:
        return last.retry_after_s * spread
    return min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (tries - 1)) * spread


def _jitter(record_id: UUID, tries: int) -> float:
    digest = hashlib.sha256(f"{record_id}/{tries}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _expired(dispatch: RoutingState) -> ErrorFacts:
    story = f"; {_failure_summary(dispatch)}" if dispatch.failures else ""
    return ErrorFacts(
        code="deadline_exceeded",
        message=f"the deadline {dispatch.deadline.isoformat()} passed before an answer came{story}; ask with a later deadline",
    )


def _unknown(dispatch: RoutingState, why: str) -> ErrorFacts:
    calls = len(dispatch.unknown)
    message = f"a restart left the result of {calls} call(s) of this request unknown, and {why}; send it again under another request_id"
    return ErrorFacts(code="attempt_unknown", message=message)


def _failed(dispatch: RoutingState, last: CallFailure) -> ErrorFacts:
    code = _CODES[last.kind]
    way_out = _WAYS_OUT.get(code, "send it again later")
    return ErrorFacts(
        code=code,
        message=f"{_failure_summary(dispatch)}; {way_out}",
        retry_after_s=bounded_wait_s(last.retry_after_s),
    )


def _failure_summary(dispatch: RoutingState) -> str:
    """Say for each candidate how it failed last; the whole is bounded, however many there are."""
    lines: list[str] = []
    for index, candidate in enumerate(dispatch.route.candidates):
        own = [failure for failure in dispatch.failures if failure.candidate == index]
        if own:
            lines.append(f"{candidate.provider}/{candidate.model}: {own[-1].message} ({len(own)} time(s))")
    story = f"no answer over route '{dispatch.route.name}': " + "; ".join(lines)
    return story if len(story) <= MAX_MESSAGE_CHARS else f"{story[:MAX_MESSAGE_CHARS]}..."
