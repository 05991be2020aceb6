"""The events that end a request or book after its end: one function for each kind of outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.outcomes import Adjustment, BookedAttempt, Completion, CompletionStatus, Shortage, StageTimes
from schemas.requests import Claim, RequestFacts, Reservation, ScreenedRequest
from schemas.values import ErrorFacts
from schemas.verdicts import Verdict
from services.meter.domain.accounts.account import OpenRequest
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.accounts.dedup import FirstRequest
from services.meter.domain.settlement.booking import cost_of
from services.meter.domain.usage.normalize import total_usage

TOO_LARGE = "too_large"


class AdmissionRefusedError(Exception):
    """A request is not admitted; has the status and the error of its outcome, which `Meter.admit` returns."""

    def __init__(
        self,
        error: ErrorFacts,
        status: CompletionStatus = "rejected",
        first: FirstRequest | None = None,
        shortage: Shortage | None = None,
    ) -> None:
        super().__init__(error.code)
        self.error = error
        self.status: CompletionStatus = status
        self.first = first
        self.shortage = shortage


@dataclass(frozen=True, slots=True)
class BookingAccounts:
    """Where a booking counts: in a month of the tenant, and under further claims."""

    period: str
    claims: tuple[Claim, ...]


def blocked_error(verdict: Verdict, blocked: str) -> ErrorFacts:
    """Return the error of a `blocked` request or answer."""
    return ErrorFacts(
        code="blocked", message=f"the {blocked} was blocked by policy: {verdict.reason or 'no reason given'}"
    )


def expired_refusal(request: RequestFacts) -> AdmissionRefusedError:
    """Refuse a request that came after its deadline."""
    message = (
        f"the deadline {_utc(request.deadline)} had passed before the request was admitted: "
        "send it with a later deadline"
    )
    return AdmissionRefusedError(ErrorFacts(code="deadline_exceeded", message=message), "expired")


def duplicate_refusal(request: RequestFacts, first: FirstRequest) -> AdmissionRefusedError:
    """Refuse a request whose request id another request owns."""
    if first.content_digest == request.content_digest:
        error = ErrorFacts(
            code="duplicate",
            message="the same request was sent before under this request id: "
            "its outcome is the one that counts",
        )
    else:
        error = ErrorFacts(
            code="duplicate_other_body",
            message="another request was sent before under this request id: use a new one",
        )
    return AdmissionRefusedError(error, "duplicate", first)


def refused_completion(event: ScreenedRequest, refusal: AdmissionRefusedError, now: datetime) -> Completion:
    """Close a refused request; it costs nothing, since no call was made."""
    return Completion(
        request=event.request,
        status=refusal.status,
        error=refusal.error,
        duplicate_of=refusal.first.record_id if refusal.first is not None else None,
        messages=event.messages,
        pseudonyms=event.pseudonyms,
        input_verdict=event.verdict,
        shortage=refusal.shortage,
        cost_usd=ZERO,
        times=StageTimes(received_at=event.request.received_at, screened_at=event.request.screened_at),
        completed_at=now,
    )


def screened_completion(event: ScreenedRequest, reservation: Reservation, now: datetime) -> Completion:
    """Close a moderation with its verdict, also a blocking one; it counts as a request and costs nothing."""
    return Completion(
        request=event.request,
        status="screened",
        messages=event.messages,
        pseudonyms=event.pseudonyms,
        input_verdict=event.verdict,
        reservation=reservation,
        cost_usd=ZERO,
        times=StageTimes(received_at=event.request.received_at, screened_at=event.request.screened_at),
        completed_at=now,
    )


def settled_completion(
    entry: OpenRequest, answer: ScreenedAnswer, booked: Sequence[BookedAttempt], now: datetime
) -> Completion:
    """Close a request with its answer; a blocked answer is left out, its cost is not."""
    verdict = answer.verdict
    is_blocked = answer.status == "answered" and verdict is not None and verdict.action == "block"
    return Completion(
        request=entry.request,
        status="blocked" if is_blocked else answer.status,
        error=blocked_error(verdict, "answer") if is_blocked and verdict is not None else answer.error,
        messages=answer.messages,
        output=None if is_blocked else answer.output,
        pseudonyms=answer.pseudonyms,
        finish_reason=answer.finish_reason,
        input_verdict=entry.verdict,
        output_verdict=verdict,
        route=answer.route,
        attempts=tuple(booked),
        reservation=entry.reservation,
        usage=total_usage(line.usage for line in booked),
        cost_usd=cost_of(booked),
        times=_times(entry, answer.answered_at, answer.screened_at),
        completed_at=now,
    )


def expired_completion(entry: OpenRequest, now: datetime) -> Completion:
    """Close a request without an answer; its cost is NULL, since only a late answer names its calls."""
    message = (
        f"no answer came by the deadline {_utc(entry.request.deadline)}: send it again with a later deadline"
    )
    return Completion(
        request=entry.request,
        status="expired",
        error=ErrorFacts(code="deadline_exceeded", message=message),
        input_verdict=entry.verdict,
        reservation=entry.reservation,
        times=_times(entry, None, None),
        completed_at=now,
    )


def dead_letter_completion(
    request: RequestFacts, verdict: Verdict | None, error: ErrorFacts, now: datetime
) -> Completion:
    """Close a request whose record became a dead letter before its admission; it costs nothing."""
    return Completion(
        request=request,
        status="failed",
        error=error,
        input_verdict=verdict,
        cost_usd=ZERO,
        times=StageTimes(received_at=request.received_at, screened_at=request.screened_at),
        completed_at=now,
    )


def failed_answer(
    request: RequestFacts,
    answer: ScreenedAnswer | None,
    calls: Sequence[AttemptResult],
    error: ErrorFacts,
    now: datetime,
) -> ScreenedAnswer:
    """Return an answer without content for one that became a dead letter."""
    return ScreenedAnswer(
        request=request,
        status="failed",
        route=answer.route if answer is not None else None,
        error=error,
        attempts=tuple(calls),
        answered_at=answer.answered_at if answer is not None else now,
        screened_at=answer.screened_at if answer is not None else now,
    )


def bookable_attempts(attempts: Sequence[AttemptResult], reason: str) -> Sequence[AttemptResult]:
    """Return the calls of an answer that became a dead letter, to be booked.

    Unless the answer was too large, its usage may have caused the error: usage is omitted, so that they are
    held.
    """
    if reason == TOO_LARGE:
        return attempts
    return [result.model_copy(update={"usage": None, "estimate": None}) for result in attempts]


def late_answer_adjustment(
    answer: ScreenedAnswer,
    booked: Sequence[BookedAttempt],
    accounts: BookingAccounts,
    now: datetime,
) -> Adjustment:
    """Book the calls of a late answer; an adjustment without calls states that none was made."""
    request = answer.request
    return Adjustment(
        record_id=request.record_id,
        tenant=request.tenant,
        request_id=request.request_id,
        model=request.model,
        reason="late_answer",
        request=request,
        route=answer.route,
        budget=request.tenant,
        period=accounts.period,
        claims=accounts.claims,
        attempts=tuple(booked),
        cost_usd=cost_of(booked),
        booked_at=now,
    )


def _times(
    entry: OpenRequest, answered_at: datetime | None, answer_screened_at: datetime | None
) -> StageTimes:
    return StageTimes(
        received_at=entry.request.received_at,
        screened_at=entry.request.screened_at,
        admitted_at=entry.admitted_at,
        answered_at=answered_at,
        answer_screened_at=answer_screened_at,
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
