"""How calls appear in an answer: finished with the provider's usage, failed with its kind, or unknown after a restart."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import ValidationError

from schemas.answers import Attempt, AttemptResult
from schemas.bounds import LARGEST_ORDINAL
from services.router.domain.provider_call import ProviderError, ProviderReply


def unknown_result(attempt: Attempt) -> AttemptResult:
    """A call of a former process: it may have been made, finished and charged."""
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
    """A call without a usable answer; it may have cost something all the same, then `usage` or `estimate` says so."""
    arrived = error.arrived
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
    """A result with what its provider says; what is out of bounds is unknown, or the whole answer could not travel and would be bought again."""
    known = {**unknown_result(attempt).model_dump(exclude_unset=True), **facts}
    try:
        return AttemptResult.model_validate(known)
    except ValidationError as error:
        lost = {
            str(problem["loc"][0])
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        }
        return AttemptResult.model_validate(
            {name: value for name, value in known.items() if name not in lost}
        )


def distinct(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each attempt once, by number: an entry whose acknowledgement was lost stands in the journal twice."""
    return tuple(
        sorted(
            {attempt.attempt_id: attempt for attempt in attempts}.values(), key=lambda attempt: attempt.number
        )
    )


def next_number(used: Iterable[int]) -> int:
    """The number of the next call: after all others, or a free one where a journal of foreign make has used the last."""
    taken = set(used)
    following = max(taken, default=0) + 1
    return (
        following
        if following <= LARGEST_ORDINAL
        else next(number for number in range(1, LARGEST_ORDINAL + 1) if number not in taken)
    )
