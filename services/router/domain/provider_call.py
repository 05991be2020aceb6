"""One provider call as the router sees it: what is asked, what comes back, and what a failure means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal, Self
from uuid import UUID

from pydantic import JsonValue

from schemas.answers import UsageEstimate
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
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a broken call left: `usage` is the provider's own, `estimate` is counted here where there is none; `text` stays in this process."""

    text: str = ""
    usage: Mapping[str, JsonValue] | None = None
    estimate: UsageEstimate | None = None
    response_model: str | None = None
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])

    def with_estimate(self, estimate: UsageEstimate) -> "Arrived":
        """Put our own count beside it."""
        return replace(self, estimate=estimate)


class ProviderError(Exception):
    """A call without a usable answer; the message holds no content, `usage` and `arrived` say what it cost all the same."""

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
        self.arrived = Arrived(usage=usage)

    @property
    def usage(self) -> Mapping[str, JsonValue] | None:
        """The provider's own report."""
        return self.arrived.usage

    def with_arrived(self, arrived: Arrived) -> Self:
        """Say what had arrived before the call broke, but not its text."""
        self.arrived = replace(arrived, text="")
        return self


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
