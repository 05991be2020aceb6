"""The next routing decision for a request, from its route, its calls so far and the time."""

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

# A request that ends its process whenever it is called must not cost money for ever.
MAX_UNKNOWN = 10
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 8.0
# The answer, which lists each call, must fit into one record.
MAX_CALLS = 100
# A longer wait is skipped while another candidate is left.
MAX_WAIT_WITH_ALTERNATIVE_S = 5.0
# A waiting request occupies the place of a call; for a longer wait the caller gets Retry-After.
MAX_WAIT_S = 30.0
MAX_MESSAGE_CHARS = 2_000

_RETRIED: frozenset[FailureKind] = frozenset(
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
    "provider_bad_reply": (
        "the operator checks that the address speaks the protocol that the kind of the provider names"
    ),
    "provider_adapter_error": "the operator finds the type of the error in the router's log",
}


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call without an answer, or a candidate that cannot be called; `message` holds no content."""

    candidate_index: int
    kind: FailureKind
    ended_at: datetime
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RoutingState:
    """Everything that a decision depends on.

    `unknown` are calls of former processes without a result; `granted` are the candidates with a reservation,
    None for all.
    """

    record_id: UUID
    route: RouteDocument
    deadline: datetime
    unknown: Sequence[Attempt]
    failures: Sequence[CallFailure] = ()
    granted: Sequence[int] | None = None

    @property
    def callable_candidates(self) -> Sequence[int]:
        """The indices of the candidates with a reservation, in the order of the route."""
        return range(len(self.route.candidates)) if self.granted is None else self.granted


@dataclass(frozen=True, slots=True)
class CallCandidate:
    """Call the candidate with this index, for at most `timeout_s`."""

    candidate_index: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Decide again in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Make no further call."""

    status: Literal["failed", "expired"]
    error: ErrorFacts


RoutingDecision = CallCandidate | RetryLater | GiveUp


def next_decision(state: RoutingState, now: datetime) -> RoutingDecision:
    """The next decision; never a call at or after the deadline."""
    if now >= state.deadline:
        return GiveUp("expired", _expired(state))
    if state.unknown and not state.route.repeat_unknown:
        return GiveUp("failed", _unknown(state, "route.repeat_unknown forbids to call again"))
    if len(state.unknown) >= MAX_UNKNOWN:
        return GiveUp("failed", _unknown(state, f"it is not called again after {MAX_UNKNOWN}"))
    if not state.failures:
        return _call(state, _first_candidate(state), now)
    return _after_failure(state, state.failures[-1], now)


def call_timeout_s(candidate: Candidate, deadline: datetime, now: datetime) -> float:
    """The time limit of a call that starts now: the candidate's, or the time left until the deadline."""
    return min(candidate.timeout_s, (deadline - now).total_seconds())


def _after_failure(state: RoutingState, last: CallFailure, now: datetime) -> RoutingDecision:
    if last.kind == "invalid_request" or len(state.failures) >= MAX_CALLS:
        return GiveUp("failed", _failed(state, last))
    next_candidate = next(
        (index for index in state.callable_candidates if index > last.candidate_index), None
    )
    retry = _retry(state, last, now, MAX_WAIT_S if next_candidate is None else MAX_WAIT_WITH_ALTERNATIVE_S)
    if retry is not None:
        return retry
    if next_candidate is not None:
        return _call(state, next_candidate, now)
    return GiveUp("failed", _failed(state, last))


def _retry(
    state: RoutingState, last: CallFailure, now: datetime, max_wait_s: float
) -> RoutingDecision | None:
    """Call the same candidate again after a wait, or None.

    A wait takes at most half of the time that was left at the failure; the rest is left for the call.
    """
    tries = sum(failure.candidate_index == last.candidate_index for failure in state.failures)
    if last.kind not in _RETRIED or tries >= state.route.candidates[last.candidate_index].max_attempts:
        return None
    delay_s = _delay_s(state, last, tries)
    left_s = (state.deadline - last.ended_at).total_seconds()
    # Checked before it is added to a date, which overflows for a very long wait.
    if not delay_s <= min(max_wait_s, left_s / 2):
        return None
    due = last.ended_at + timedelta(seconds=delay_s)
    if now < due:
        return RetryLater(min(delay_s, (due - now).total_seconds()))
    return _call(state, last.candidate_index, now)


def _call(state: RoutingState, candidate: int, now: datetime) -> CallCandidate:
    return CallCandidate(candidate, call_timeout_s(state.route.candidates[candidate], state.deadline, now))


def _first_candidate(state: RoutingState) -> int:
    # The same candidate gets the same idempotency key, so a provider that honours it does not charge twice.
    for attempt in reversed(state.unknown):
        for index in state.callable_candidates:
            candidate = state.route.candidates[index]
            if (candidate.provider, candidate.model) == (attempt.provider, attempt.model):
                return index
    return state.callable_candidates[0]


def _delay_s(state: RoutingState, last: CallFailure, tries: int) -> float:
    # The same candidate gets the same idempotency key: a provider that honours it does not charge twice.
    spread = 1.0 + _jitter(state.record_id, tries) / 2
    if last.retry_after_s is not None:
        return last.retry_after_s * spread
    return min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (tries - 1)) * spread


def _jitter(record_id: UUID, tries: int) -> float:
    digest = hashlib.sha256(f"{record_id}/{tries}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _expired(state: RoutingState) -> ErrorFacts:
    summary = f"; {_failure_summary(state)}" if state.failures else ""
    message = (
        f"the deadline {state.deadline.isoformat()} passed before an answer came{summary};"
        " ask with a later deadline"
    )
    return ErrorFacts(code="deadline_exceeded", message=message)


def _unknown(state: RoutingState, why: str) -> ErrorFacts:
    calls = len(state.unknown)
    message = (
        f"a restart left the result of {calls} call(s) of this request unknown, and {why};"
        " send it again under another request_id"
    )
    return ErrorFacts(code="attempt_unknown", message=message)


def _failed(state: RoutingState, last: CallFailure) -> ErrorFacts:
    code = _CODES[last.kind]
    remedy = _WAYS_OUT.get(code, "send it again later")
    return ErrorFacts(
        code=code,
        message=f"{_failure_summary(state)}; {remedy}",
        retry_after_s=bounded_wait_s(last.retry_after_s),
    )


def _failure_summary(state: RoutingState) -> str:
    """The last failure of each candidate that was called, in at most MAX_MESSAGE_CHARS characters."""
    lines: list[str] = []
    for index, candidate in enumerate(state.route.candidates):
        own = [failure for failure in state.failures if failure.candidate_index == index]
        if own:
            lines.append(f"{candidate.provider}/{candidate.model}: {own[-1].message} ({len(own)} time(s))")
    summary = f"no answer over route '{state.route.name}': " + "; ".join(lines)
    return summary if len(summary) <= MAX_MESSAGE_CHARS else f"{summary[:MAX_MESSAGE_CHARS]}..."
