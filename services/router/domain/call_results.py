"""The results of calls as the answer lists them: finished, failed, or unknown after a restart."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import ValidationError

from schemas.answers import Attempt, AttemptResult
from schemas.bounds import MAX_ORDINAL
from services.router.domain.provider_call import ProviderError, ProviderReply


def unknown_result(attempt: Attempt) -> AttemptResult:
    """A call of an earlier process, which may have been made and charged."""
    return AttemptResult(
        attempt_id=attempt.attempt_id,
        number=attempt.number,
        provider=attempt.provider,
        model=attempt.model,
        state="unknown",
        started_at=attempt.started_at,
    )


def finished_result(attempt: Attempt, kind: str, reply: ProviderReply, ended_at: datetime) -> AttemptResult:
    """A call that gave the answer."""
    return _ended(
        attempt,
        {
            "provider_kind": kind,
            "state": "finished",
            "response_model": reply.response_model,
            "status_code": reply.status_code,
            "finish_reason": reply.finish_reason,
            "usage": reply.usage,
            "price_context": reply.price_context,
            "ended_at": ended_at,
        },
    )


def failed_result(attempt: Attempt, kind: str, error: ProviderError, ended_at: datetime) -> AttemptResult:
    """A call without a usable answer; if it may have been charged, `usage` or `estimate` is set."""
    arrived = error.partial_response
    return _ended(
        attempt,
        {
            "provider_kind": kind,
            "state": "failed",
            "status_code": error.status_code,
            "error": error.kind,
            "response_model": arrived.response_model,
            "usage": arrived.usage,
            "estimate": arrived.estimate,
            "price_context": arrived.price_context,
            "ended_at": ended_at,
        },
    )


def _ended(attempt: Attempt, facts: Mapping[str, object]) -> AttemptResult:
    """A result with the valid facts only: an invalid one must not keep the answer from being published."""
    known = {**unknown_result(attempt).model_dump(exclude_unset=True), **facts}
    try:
        return AttemptResult.model_validate(known)
    except ValidationError as error:
        invalid = {
            str(problem["loc"][0])
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        }
        return AttemptResult.model_validate(
            {name: value for name, value in known.items() if name not in invalid}
        )


def distinct(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each attempt once, by number: an entry whose acknowledgement was lost is in the journal twice."""
    return tuple(
        sorted(
            {attempt.attempt_id: attempt for attempt in attempts}.values(), key=lambda attempt: attempt.number
        )
    )


def next_number(used: Iterable[int]) -> int:
    """The next call's number: one after the highest, or the lowest free one if that is the last possible."""
    taken = set(used)
    following = max(taken, default=0) + 1
    if following <= MAX_ORDINAL:
        return following
    return next(number for number in range(1, MAX_ORDINAL + 1) if number not in taken)
