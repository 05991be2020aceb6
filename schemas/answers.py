"""The answer to a request: the journal of provider calls, the model's answer, the screened answer."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, ValidationError

from schemas.bounds import (
    MOST_ATTEMPTS,
    MOST_CLASSES,
    Body,
    Moment,
    Ordinal,
    SmallCount,
    Tokens,
    Version,
    Word,
)
from schemas.event import TenantEvent
from schemas.foreign_json import Report
from schemas.requests import RequestFacts
from schemas.values import ErrorFacts, Label, Messages, Name, Slug, TenantName, Value
from schemas.verdicts import Verdict

AnswerStatus = Literal["answered", "failed", "expired"]
AttemptState = Literal["finished", "failed", "unknown"]


class Attempt(TenantEvent):
    """The router's journal entry: acknowledged before each provider call, so that every call is counted."""

    TYPE: ClassVar[str] = "weir.llm.attempt.started.v1"

    attempt_id: UUID
    record_id: UUID
    tenant: TenantName
    number: Ordinal
    owner: Word
    provider: Name
    model: Name
    started_at: Moment
    deadline: Moment

    @property
    def tenant_name(self) -> str:
        """The tenant whose request is dispatched."""
        return self.tenant


class UsageEstimate(Value):
    """Tokens counted from what was sent and received, for a call whose provider reported no usage."""

    input_tokens: Tokens
    output_tokens: Tokens


class AttemptResult(Value):
    """The result of one provider call; `usage` is the block that the provider reported, else None."""

    attempt_id: UUID
    number: Ordinal
    provider: Name
    model: Name
    response_model: Word | None = None
    provider_kind: Word = "openai"
    state: AttemptState
    status_code: SmallCount | None = None
    error: Word | None = None
    finish_reason: Word | None = None
    usage: Report | None = None
    estimate: UsageEstimate | None = None
    price_context: Mapping[Slug, Label] = Field(
        default_factory=dict[str, str],
        max_length=MOST_CLASSES,
        description="how the call was served, where prices depend on it: service_tier, speed, region...",
    )
    started_at: Moment
    ended_at: Moment | None = None


Attempts = Annotated[tuple[AttemptResult, ...], Field(max_length=MOST_ATTEMPTS)]


class _AttemptIdentity(Value):
    """The fields of a call that are in the router's journal; none of them comes from the provider."""

    attempt_id: UUID
    number: Ordinal
    provider: Name
    model: Name
    state: AttemptState
    started_at: Moment


class _AnswerFields(Value):
    """The fields of both answer events."""

    attempts: Annotated[tuple[_AttemptIdentity, ...], Field(max_length=MOST_ATTEMPTS)] = ()


def calls_in(value: bytes | None) -> tuple[AttemptResult, ...]:
    """The calls in an answer, even if it is an invalid event; the providers' replies are not parsed."""
    try:
        calls = _AnswerFields.model_validate_json(value or b"").attempts
    except (ValidationError, UnicodeError):
        return ()
    return tuple(AttemptResult(**call.model_dump()) for call in calls)


class RouteDecision(Value):
    """Which route, candidate and prompt version served the request."""

    route: Name
    provider: Name | None = None
    model: Name | None = None
    candidate: SmallCount | None = None
    variant: Word | None = None
    prompt: Word | None = None
    prompt_version: Version | None = None


class ModelAnswer(TenantEvent):
    """The provider's answer, with sealed content and all attempts of the request."""

    TYPE: ClassVar[str] = "weir.llm.answer.v1"

    request: RequestFacts
    status: AnswerStatus
    messages: Messages = Field(default=(), description="the rendered prompt, pseudonymised")
    sealed: Body | None = Field(default=None, description="the answer text, sealed by the router")
    pseudonyms: Body | None = None
    finish_reason: Word | None = None
    attempts: Attempts = ()
    route: RouteDecision | None = None
    error: ErrorFacts | None = None
    answered_at: Moment

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant


class ScreenedAnswer(TenantEvent):
    """An answer after the guard; without text in `output` where the verdict is `block`."""

    TYPE: ClassVar[str] = "weir.llm.answer.screened.v1"

    request: RequestFacts
    status: AnswerStatus
    messages: Messages = ()
    output: Body | None = None
    pseudonyms: Body | None = None
    finish_reason: Word | None = None
    attempts: Attempts = ()
    route: RouteDecision | None = None
    error: ErrorFacts | None = None
    verdict: Verdict | None = None
    answered_at: Moment
    screened_at: Moment

    @property
    def tenant_name(self) -> str:
        """The request's tenant."""
        return self.request.tenant
