"""A request as published by its producer, as screened by the guard, as admitted by the meter."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, ValidationError, model_validator

from schemas.bounds import (
    MAX_CANDIDATES,
    MAX_EVENT_MESSAGES,
    MAX_EVENT_TAGS,
    MOST_LIMITS,
    MOST_VARIABLES,
    Body,
    Count,
    Digest,
    Explanation,
    Moment,
    Money,
    Ordinal,
    Seed,
    SmallCount,
    VariableName,
    Word,
)
from schemas.event import Event, TenantEvent
from schemas.values import (
    Label,
    Message,
    Messages,
    Name,
    PromptReference,
    RequestId,
    SourcePosition,
    TenantName,
    Text,
    Value,
)
from schemas.verdicts import Verdict

LimitUnit = Literal["usd", "tokens", "requests", "concurrency"]
MaxTokens = Annotated[int, Field(ge=1, le=1_000_000)]
Stop = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=4)]

UntrustedVariables = Annotated[
    tuple[Label, ...],
    Field(
        max_length=200,
        description="names of variables with text of third parties: documents, search results, mails",
    ),
]


Variables = Annotated[Mapping[VariableName, Text], Field(max_length=MOST_VARIABLES)]


class Sampling(Value):
    """Generation settings, passed unchanged from the producer to the provider."""

    max_tokens: MaxTokens | None = None
    temperature: float | None = Field(default=None, ge=0.0, le=2.0, allow_inf_nan=False)
    top_p: float | None = Field(default=None, ge=0.0, le=1.0, allow_inf_nan=False)
    seed: Seed | None = None
    stop: Stop | None = None


class LlmRequest(Sampling, Event):
    """A request as published: `messages`, or a `prompt` by name with `variables`; in the clear or sealed."""

    TYPE: ClassVar[str] = "weir.llm.request.v1"

    tenant: TenantName
    model: Name
    messages: Annotated[tuple[Message, ...], Field(max_length=MAX_EVENT_MESSAGES)] | None = None
    prompt: PromptReference | None = None
    variables: Variables | None = None
    untrusted_variables: UntrustedVariables | None = None
    sealed: Body | None = None
    request_id: RequestId | None = None
    conversation_id: Label | None = None
    user: Label | None = None
    project: Label | None = None
    key: Label | None = Field(
        default=None,
        description="the API key of the request: a name, or a part of the key's hash, never the key",
    )
    deadline: Moment | None = None
    screen_only: bool = Field(
        default=False,
        description="a moderation: screened and recorded, not answered; `model` only selects the policy",
    )
    tags: Annotated[Mapping[Label, Label], Field(max_length=MAX_EVENT_TAGS)] = Field(
        default_factory=dict[str, str]
    )

    @property
    def partition_key(self) -> str:
        """The tenant; producers may choose any key on `llm.requests`."""
        return self.tenant

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not self.sealed and not self.messages and not self.prompt:
            msg = "one of 'messages', 'prompt' or 'sealed' is needed"
            raise ValueError(msg)
        if self.sealed and (self.messages or self.variables):
            msg = "'sealed' replaces 'messages' and 'variables': send either the seal or the clear text"
            raise ValueError(msg)
        return self


class RequestFacts(Value):
    """The fields of a request that every later event repeats; `record_id` is derived from its position."""

    record_id: UUID
    tenant: TenantName
    request_id: RequestId
    model: Name
    prompt: PromptReference | None = None
    conversation_id: Label | None = None
    user: Label | None = None
    project: Label | None = None
    key: Label | None = None
    tags: Mapping[Label, Word] = Field(default_factory=dict[str, str], max_length=MAX_EVENT_TAGS)
    sampling: Sampling = Sampling()
    source: SourcePosition
    received_at: Moment
    screened_at: Moment
    deadline: Moment
    content_digest: Digest = Field(
        description="keyed hash of content and settings: tells a retry from another body under the same id"
    )
    screen_only: bool = Field(default=False, description="a moderation, which ends with its verdict")


class _RequestEnvelope(Value):
    """The fields of every event of a request after the guard."""

    request: RequestFacts


def request_in(value: bytes | None) -> RequestFacts | None:
    """The request in a record of an inner topic, even if the rest of the record is not a valid event."""
    try:
        return _RequestEnvelope.model_validate_json(value or b"").request
    except (ValidationError, UnicodeError):
        return None


class ScreenedRequest(TenantEvent):
    """A request with personal data redacted; also written when the verdict is block."""

    TYPE: ClassVar[str] = "weir.llm.request.screened.v1"

    request: RequestFacts
    messages: Messages
    variables: Variables = Field(default_factory=dict[str, str])
    pseudonyms: Body | None = Field(
        default=None, description="sealed map of placeholder to clear value, for the caller only"
    )
    verdict: Verdict

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant


class Claim(Value):
    """The id of an account: its `scope` (`tenant`, `user=bob`) and its time `window` (`2026-11`)."""

    scope: Explanation
    window: Word


class Quote(Value):
    """The worst case of one candidate: its calls, the tokens of each, and the highest price."""

    provider: Name
    model: Name
    calls: Ordinal
    input_tokens: Count
    output_tokens: Count
    cost_usd: Money | None = None
    price_source: Explanation | None = None


Claims = Annotated[tuple[Claim, ...], Field(max_length=MOST_LIMITS)]
Quotes = Annotated[tuple[Quote, ...], Field(max_length=MAX_CANDIDATES)]


class Reservation(Value):
    """Money and tokens reserved before the call: the worst case; NULL money where no price is known.

    Where it is smaller, only `candidates` of the route may be called, for at most `max_output_tokens`.
    """

    budget: Word
    period: Word
    claims: Claims = Field(default=(), description="where it counts beside the tenant's month")
    amount_usd: Money | None = None
    asked_usd: Money | None = Field(
        default=None, description="what the whole route would have taken, where less was granted"
    )
    candidates: Annotated[tuple[SmallCount, ...], Field(max_length=MAX_CANDIDATES)] | None = Field(
        default=None, description="places in the route that may be called; all where absent"
    )
    amount_tokens: Count | None = Field(
        default=None, description="tokens of every call that may be made; one call's where absent"
    )
    estimated_input_tokens: Count
    max_output_tokens: Count
    quotes: Quotes = Field(
        default=(), description="how the amount came about: the worst case of each candidate"
    )
    unit_price_source: Explanation | None = None


class AdmittedRequest(TenantEvent):
    """The meter's admission of a request, with its reservation."""

    TYPE: ClassVar[str] = "weir.llm.request.admitted.v1"

    request: RequestFacts
    messages: Messages
    variables: Variables = Field(default_factory=dict[str, str])
    pseudonyms: Body | None = None
    verdict: Verdict
    reservation: Reservation
    admitted_at: Moment
    expires_at: Moment

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant
