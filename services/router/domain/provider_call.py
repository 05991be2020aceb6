"""One provider call: what is sent, the reply, and the kinds of failure."""

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

# Temporary by RFC 9110 and 8470; providers answer 409 while a call with the same idempotency key is running.
_TEMPORARY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
# Faults of the account or the address, not of the request: another provider may answer it.
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
    """What is sent; calls to one candidate share the `idempotency_key`, no two calls the `attempt_id`."""

    model: str
    messages: Sequence[Message]
    sampling: Sampling
    max_tokens: int
    attempt_id: UUID
    idempotency_key: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class ProviderReply:
    """A complete answer with a finish reason; `usage` is the provider's own block or None.

    Every field is limited by `reply_bounds`; raises ProviderError if the text is too long.
    """

    content: str
    finish_reason: str
    usage: Mapping[str, JsonValue] | None
    response_model: str | None
    status_code: int | None
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Limit every field."""
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
    """What had arrived when a call broke, limited like a reply.

    `usage` is the provider's own block, `estimate` Weir's count if there is none. `text` is not published.
    """

    text: str = ""
    usage: Mapping[str, JsonValue] | None = None
    estimate: UsageEstimate | None = None
    response_model: str | None = None
    price_context: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Limit every field that is published."""
        object.__setattr__(self, "usage", reply_bounds.bounded_usage(self.usage))
        object.__setattr__(self, "response_model", reply_bounds.known_model(self.response_model))
        object.__setattr__(self, "price_context", reply_bounds.bounded_context(self.price_context))

    def with_estimate(self, estimate: UsageEstimate) -> "PartialResponse":
        """The same response with Weir's own token counts."""
        return replace(self, estimate=estimate)


class ProviderError(Exception):
    """A call without a usable answer; the message holds no content, `arrived` holds what it may cost.

    The wait, the status and the message are limited.
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
        self.partial_response = PartialResponse(usage=usage)

    @property
    def usage(self) -> Mapping[str, JsonValue] | None:
        """The usage block that the provider reported."""
        return self.partial_response.usage

    def with_partial(self, arrived: PartialResponse) -> Self:
        """Add what had arrived when the call broke, without its text."""
        self.partial_response = replace(arrived, text="")
        return self


def kind_of_status(status: int) -> FailureKind:
    """The kind of failure of a status other than 2xx."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    if status in _OPERATOR_ERRORS:
        return "configuration"
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unavailable"
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect means that the address is wrong; following it would send the key to another host.
        return "configuration"
    return "invalid_request"
