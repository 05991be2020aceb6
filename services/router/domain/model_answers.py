"""The router's event for a request: answered, given up, or closed because its record is a dead letter."""

from datetime import datetime

from schemas.answers import Attempt, ModelAnswer
from schemas.requests import AdmittedRequest, RequestFacts, request_in
from services.router.domain.call_results import distinct, unknown_result
from services.router.domain.prepared_call import PreparedRequest
from services.router.domain.progress import RequestProgress
from services.router.domain.routing import GiveUp
from streaming.handling import DeadLetteredRecord


def answered(
    progress: RequestProgress, prepared: PreparedRequest, candidate: int, sealed: str, now: datetime
) -> ModelAnswer:
    """The answer of a candidate, whose text is `sealed`."""
    return ModelAnswer(
        request=progress.admitted.request,
        status="answered",
        messages=prepared.messages,
        sealed=sealed,
        pseudonyms=progress.admitted.pseudonyms,
        finish_reason=progress.results[-1].finish_reason,
        attempts=progress.attempts,
        route=prepared.route_decision(candidate),
        answered_at=now,
    )


def unanswered(
    progress: RequestProgress, prepared: PreparedRequest | None, decision: GiveUp, now: datetime
) -> ModelAnswer:
    """The event of a request without an answer; `prepared` is None if the request could not be prepared."""
    return ModelAnswer(
        request=progress.admitted.request,
        status=decision.status,
        messages=prepared.messages if prepared else (),
        pseudonyms=progress.admitted.pseudonyms,
        attempts=progress.attempts,
        route=prepared.route_decision(None) if prepared else None,
        error=decision.error,
        answered_at=now,
    )


def request_of(dead_letter: DeadLetteredRecord) -> RequestFacts | None:
    """The request in a record that became a dead letter; None if it cannot be read."""
    if isinstance(dead_letter.event, AdmittedRequest):
        return dead_letter.event.request
    return request_in(dead_letter.record.value)


def closed(
    request: RequestFacts, dead_letter: DeadLetteredRecord, kept: RequestProgress | None
) -> ModelAnswer:
    """The failure of a request whose record became a dead letter, with all calls that were made for it."""
    oversized = dead_letter.oversized_output
    unpublished = oversized if isinstance(oversized, ModelAnswer) else None
    results = tuple(kept.results) if kept is not None else ()
    if unpublished is not None:
        results = unpublished.attempts
    with_result = {result.attempt_id for result in results}
    unknown = distinct(
        entry
        for entry in dead_letter.calls
        if isinstance(entry, Attempt) and entry.attempt_id not in with_result
    )
    return ModelAnswer(
        request=request,
        status="failed",
        attempts=(*map(unknown_result, unknown), *results),
        route=unpublished.route if unpublished is not None else None,
        error=dead_letter.error(),
        answered_at=dead_letter.now,
    )
