"""How a request ended, as the stream says it, and which error reply that is for its caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import NamedTuple

from schemas.outcomes import Completion
from schemas.values import ErrorFacts
from services.gateway.domain.problems import Problem


class RequestPosition(NamedTuple):
    """Where a record stands on `llm.requests`."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be handled; `message` holds no content."""

    position: RequestPosition
    reason: str
    message: str


Outcome = Completion | DeadLetter

SUCCESS_STATUSES = frozenset({"answered", "screened"})
INVALID = "invalid_request_error"
OTHER_BODY = "duplicate_other_body"
DEAD_LETTER = "dead_letter"
# A code decides, whichever service gave it: the router, too, finds models and prompts that do not exist.
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
        # The answer was paid for: a client that repeats the call by itself, as on a 5xx, would pay for it again.
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
# What goes wrong inside the stream is not the caller's fault; every other reason names something wrong with the request.
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


def problem_of(completion: Completion) -> Problem | None:
    """The error reply of an outcome; None where it was answered, or screened, whatever the verdict says."""
    if completion.status in SUCCESS_STATUSES:
        return (
            _without_verdict(completion)
            if completion.status == "screened" and completion.input_verdict is None
            else None
        )
    facts = completion.error or _DEFAULTS[completion.status]
    status, kind = (
        _BY_STATUS[completion.status]
        if completion.status == "blocked"
        else _BY_CODE.get(facts.code, _BY_STATUS[completion.status])
    )
    return Problem(
        status=status,
        type=kind,
        # OpenAI's clients look for their own code here.
        code=_MODEL_NOT_FOUND if facts.code == "unknown_model" else facts.code,
        message=facts.message + _blocked_because(completion, facts.message),
        param=_PARAMS.get(facts.code),
        retry_after_s=max(1, ceil(facts.retry_after_s)) if facts.retry_after_s is not None else None,
        request_id=completion.request.request_id,
        outcome_status=completion.status,
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


def is_duplicate_request(completion: Completion) -> bool:
    """Whether the same request was sent before, so that its first outcome is the answer; another body under the same id is an error."""
    is_other_body = completion.error is not None and completion.error.code == OTHER_BODY
    return completion.status == "duplicate" and completion.duplicate_of is not None and not is_other_body


def problem_of_letter(letter: DeadLetter, request_id: str) -> Problem:
    """The error reply of a dead letter."""
    if letter.reason in _INTERNAL_REASONS:
        message = f"the request could not be handled ({letter.reason}); it is kept as a dead letter: tell the operator its request id"
        return Problem(
            500, "server_error", letter.reason, message, request_id=request_id, outcome_status=DEAD_LETTER
        )
    status = 413 if letter.reason == "too_large" else 400
    return Problem(
        status, INVALID, letter.reason, letter.message, request_id=request_id, outcome_status=DEAD_LETTER
    )


def _blocked_because(completion: Completion, told: str) -> str:
    """Name the rule that blocked, which is what its caller must change."""
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
        if verdict.reason and verdict.reason not in told
    ]
    return f" ({'; '.join(reasons)})" if reasons else ""
