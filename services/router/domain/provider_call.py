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
from services.router.domain import reply_bounds
from services.router.domain.retries import bounded_wait_s

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
    "adapter_error",
]

# RFC 9110 and 6585 call these temporary; 409 is what providers answer while the same idempotency key is still at work.
_TEMPORARY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
# Faults of our account or address, not of the request: another provider may well answer.
_OPERATOR_ERRORS = frozenset(
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
    """A whole answer: it always has a finish reason; `usage` is the provider's own block or None.

    Each part is taken within its bound (`reply_bounds`), whoever made the reply; raises ProviderError where the text is too long.
    """

    content: str
    finish_reason: str
    usage: Mapping[str, JsonValue] | None
    response_model: str | None
    status_code: int | None
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Bound every part."""
        object.__setattr__(self, "usage", reply_bounds.bounded_usage(self.usage))
        object.__setattr__(self, "response_model", reply_bounds.known_model(self.response_model))
        object.__setattr__(self, "finish_reason", reply_bounds.reason_label(self.finish_reason))
        object.__setattr__(self, "status_code", reply_bounds.known_status(self.status_code))
        object.__setattr__(self, "price_context", reply_bounds.bounded_context(self.price_context))
        if reply_bounds.json_size(self.content) > reply_bounds.MAX_ANSWER_BYTES:
            message = f"the answer is larger than {reply_bounds.MAX_ANSWER_BYTES} bytes"
            raise ProviderError("bad_reply", message, status_code=self.status_code, usage=self.usage)


@dataclass(frozen=True, slots=True)
class PartialResponse:
    """What a broken call left: `usage` is the provider's own, `estimate` is counted here where there is none; `text` stays in this process.

    Bounded like a reply.
    """

    text: str = ""
    usage: Mapping[str, JsonValue] | None = None
    estimate: UsageEstimate | None = None
    response_model: str | None = None
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Bound what goes into events."""
        object.__setattr__(self, "usage", reply_bounds.bounded_usage(self.usage))
        object.__setattr__(self, "response_model", reply_bounds.known_model(self.response_model))
        object.__setattr__(self, "price_context", reply_bounds.bounded_context(self.price_context))

    def with_estimate(self, estimate: UsageEstimate) -> "PartialResponse":
        """Put our own count beside it."""
        return replace(self, estimate=estimate)


class ProviderError(Exception):
    """A call without a usable answer; the message holds no content, `usage` and `arrived` say what it cost all the same.

    Wait, status and message are taken within their bounds.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status_code: int | None = None,
        retry_after_s: float | None = None,
        usage: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(message[: reply_bounds.MAX_MESSAGE_CHARS])
        self.kind: FailureKind = kind
        self.status_code = reply_bounds.known_status(status_code)
        self.retry_after_s = bounded_wait_s(retry_after_s)
        self.arrived = PartialResponse(usage=usage)

    @property
    def usage(self) -> Mapping[str, JsonValue] | None:
        """The provider's own report."""
        return self.arrived.usage

    def with_partial(self, arrived: PartialResponse) -> Self:
        """Say what had arrived before the call broke, but not its text."""
        self.arrived = replace(arrived, text="")
        return self


def kind_of_status(status: int) -> FailureKind:
    """What a status other than 2xx says about the call."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    if status in _OPERATOR_ERRORS:
        return "configuration"
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unavailable"
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect means that the address is not the provider's own; following it would carry the key elsewhere.
        return "configuration"
    return "invalid_request"
