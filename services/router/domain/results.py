"""How calls appear in an answer: finished with the provider's usage, failed with its kind, or unknown after a restart."""

from collections.abc import Iterable
from datetime import datetime

from schemas.answers import Attempt, AttemptResult
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
    return unknown_result(attempt).model_copy(
        update={
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
    return unknown_result(attempt).model_copy(
        update={
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


def distinct(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each attempt once, by number: an entry whose acknowledgement was lost stands in the journal twice."""
    return tuple(sorted({attempt.attempt_id: attempt for attempt in attempts}.values(), key=lambda attempt: attempt.number))
