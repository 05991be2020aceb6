"""One provider call as the router sees it: what is asked, what comes back, and what a failure means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from schemas.requests import Sampling
from schemas.values import Message

FailureKind = Literal[
    "not_sent",
    "unreachable",
    "connection_lost",
    "timeout",
    "rate_limited",
    "unavailable",
    "configuration",
    "invalid_request",
    "cut_off",
    "bad_reply",
]

# RFC 9110 and 6585 call these temporary; 409 is what providers answer while the same idempotency key is still at work.
_TEMPORARY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
# Faults of our account or address, not of the request: another provider may well answer.
_OURS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.GONE,
        HTTPStatus.NOT_IMPLEMENTED,
    },
)


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """What is sent; `idempotency_key` is the same for every repeat of a request at one candidate, `attempt_id` never is."""

    model: str
    messages: Sequence[Message]
    sampling: Sampling
    max_tokens: int
    attempt_id: UUID
    idempotency_key: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class ProviderReply:
    """A whole answer: it always has a finish reason; `usage` is the provider's own block or None."""

    content: str
    finish_reason: str
    usage: Mapping[str, JsonValue] | None
    response_model: str | None
    status_code: int


class ProviderError(Exception):
    """A call without a usable answer; the message holds no content, `usage` is what the provider says it cost all the same."""

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status_code: int | None = None,
        retry_after_s: float | None = None,
        usage: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.status_code = status_code
        self.retry_after_s = retry_after_s
        self.usage = usage


def kind_of_status(status: int) -> FailureKind:
    """What a status other than 2xx says about the call."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    if status in _OURS:
        return "configuration"
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unavailable"
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect means that the address is not the provider's own; following it would carry the key elsewhere.
        return "configuration"
    return "invalid_request"
