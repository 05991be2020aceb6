"""The error reply of an outcome: its HTTP status, type, code and message."""

from collections.abc import Mapping
from math import ceil
from types import MappingProxyType

from schemas.outcomes import Completion
from schemas.values import ErrorFacts
from services.gateway.domain.problems import Problem
from services.gateway.outcomes.outcome import OTHER_BODY, DeadLetter

SUCCESS_STATUSES = frozenset({"answered", "screened"})
INVALID = "invalid_request_error"
DEAD_LETTER = "dead_letter"
# A code decides whichever service set it: the router, too, rejects models and prompts that do not exist.
_BY_CODE: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "unknown_model": (404, INVALID),
        "unknown_prompt": (404, INVALID),
        "unknown_prompt_version": (404, INVALID),
        "unknown_label": (404, INVALID),
        "unknown_variable": (400, INVALID),
        "missing_variable": (400, INVALID),
        "no_messages": (400, INVALID),
        "prompt_too_large": (413, INVALID),
        "too_large": (413, INVALID),
        # The answer was paid for: a client that retries by itself, as on a 5xx, would pay for it again.
        "outcome_too_large": (400, INVALID),
        "dead_letter": (500, "server_error"),
        "invalid": (400, INVALID),
        "invalid_request": (400, INVALID),
        "budget_exceeded": (402, "insufficient_quota"),
        "token_budget_exceeded": (402, "insufficient_quota"),
        "request_budget_exceeded": (402, "insufficient_quota"),
        "price_unknown": (402, "insufficient_quota"),
        "rate_limit_exceeded": (429, "rate_limit_error"),
        "concurrency_exceeded": (429, "rate_limit_error"),
        OTHER_BODY: (409, INVALID),
        "deadline_exceeded": (504, "timeout"),
    }
)
_BY_STATUS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "blocked": (403, "content_policy"),
        "rejected": (400, INVALID),
        "failed": (502, "provider_error"),
        "expired": (504, "timeout"),
        "duplicate": (409, INVALID),
    }
)
_DEFAULTS: Mapping[str, ErrorFacts] = MappingProxyType(
    {
        "blocked": ErrorFacts(code="content_blocked", message="the guard's policy blocked this request"),
        "rejected": ErrorFacts(code="rejected", message="the request was refused"),
        "failed": ErrorFacts(
            code="provider_failed",
            message="no provider answered; send the request again under a new request id",
        ),
        "expired": ErrorFacts(
            code="deadline_exceeded",
            message="the deadline passed before an answer came; ask with a later deadline",
        ),
        "duplicate": ErrorFacts(
            code="duplicate", message="this request id was used before and its first outcome is gone"
        ),
    }
)
# Faults inside the stream; every other reason names a fault of the request.
_INTERNAL_REASONS = frozenset(
    {"unexpected_error", "unhandled_event", "seal_not_open", "sealed_content_invalid"}
)
_MODEL_NOT_FOUND = "model_not_found"
_PARAMS = MappingProxyType(
    {
        "unknown_model": "model",
        "unknown_prompt": "prompt",
        "unknown_variable": "variables",
        "missing_variable": "variables",
    }
)


def completion_problem(completion: Completion) -> Problem | None:
    """The error reply of a completion; None if it was answered, or screened with any verdict."""
    if completion.status in SUCCESS_STATUSES:
        is_without_verdict = completion.status == "screened" and completion.input_verdict is None
        return _without_verdict(completion) if is_without_verdict else None
    facts = completion.error or _DEFAULTS[completion.status]
    status, kind = _BY_STATUS[completion.status]
    if completion.status != "blocked":
        status, kind = _BY_CODE.get(facts.code, (status, kind))
    return Problem(
        status=status,
        type=kind,
        # OpenAI's clients look for their own code here.
        code=_MODEL_NOT_FOUND if facts.code == "unknown_model" else facts.code,
        message=facts.message + _blocking_reasons(completion, facts.message),
        param=_PARAMS.get(facts.code),
        retry_after_s=max(1, ceil(facts.retry_after_s)) if facts.retry_after_s is not None else None,
        request_id=completion.request.request_id,
        outcome_status=completion.status,
    )


def dead_letter_problem(dead_letter: DeadLetter, request_id: str) -> Problem:
    """The error reply of a dead letter."""
    status, kind, message = 400, INVALID, dead_letter.message
    if dead_letter.reason in _INTERNAL_REASONS:
        status, kind = 500, "server_error"
        message = (
            f"the request could not be handled ({dead_letter.reason}); it is kept as a dead letter:"
            " tell the operator its request id"
        )
    elif dead_letter.reason == "too_large":
        status = 413
    return Problem(
        status, kind, dead_letter.reason, message, request_id=request_id, outcome_status=DEAD_LETTER
    )


def _without_verdict(completion: Completion) -> Problem:
    message = "the moderation ended without a verdict: tell the operator its request id"
    return Problem(
        500,
        "server_error",
        "no_verdict",
        message,
        request_id=completion.request.request_id,
        outcome_status=completion.status,
    )


def _blocking_reasons(completion: Completion, message: str) -> str:
    """The rules that blocked, unless the message names them already."""
    if completion.status != "blocked":
        return ""
    verdicts = [
        verdict
        for verdict in (completion.input_verdict, completion.output_verdict)
        if verdict is not None and verdict.action == "block"
    ]
    reasons = [
        f"{verdict.direction}: {verdict.reason}"
        for verdict in verdicts
        if verdict.reason and verdict.reason not in message
    ]
    return f" ({'; '.join(reasons)})" if reasons else ""
