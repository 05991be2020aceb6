"""The bodies of Weir's requests, OpenAI's chat completions and feedback, and the events that they become."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.bounds import MAX_EVENT_MESSAGES, MAX_EVENT_TAGS, Moment
from schemas.quality import Feedback
from schemas.requests import LlmRequest, MaxTokens, Sampling, UntrustedVariables, Variables
from schemas.values import Label, Message, Name, PromptReference, RequestId, Slug

Messages = Annotated[tuple[Message, ...], Field(max_length=MAX_EVENT_MESSAGES)]
Tags = Annotated[Mapping[Label, Label], Field(max_length=MAX_EVENT_TAGS)]


class RequestBody(Sampling):
    """A request with the fields of its event except the tenant, which follows from the API key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Name
    messages: Messages | None = None
    prompt: PromptReference | None = None
    variables: Variables | None = None
    untrusted_variables: UntrustedVariables | None = None
    request_id: RequestId | None = None
    conversation_id: Label | None = None
    user: Label | None = None
    project: Label | None = None
    deadline: Moment | None = None
    tags: Tags = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not self.messages and not self.prompt:
            msg = "'messages' (at least one) or 'prompt' is needed"
            raise ValueError(msg)
        return self

    def to_request(self, tenant: str, request_id: str, deadline: datetime) -> LlmRequest:
        """The event of this body, not sealed yet."""
        return LlmRequest(
            **self.model_dump(include=set(Sampling.model_fields)),
            tenant=tenant,
            model=self.model,
            messages=self.messages or None,
            prompt=self.prompt,
            variables=self.variables,
            untrusted_variables=self.untrusted_variables,
            request_id=request_id,
            conversation_id=self.conversation_id,
            user=self.user,
            project=self.project,
            deadline=deadline,
            tags=self.tags,
        )


class StreamOptions(BaseModel):
    """OpenAI's options of a stream."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatBody(RequestBody):
    """OpenAI's chat completion with Weir's own fields; `metadata` become tags of the request."""

    max_completion_tokens: MaxTokens | None = None
    stop: (
        Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=4)] | None
    ) = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: Tags | None = None

    @model_validator(mode="before")
    @classmethod
    def _stop_as_list(cls, fields: Mapping[str, object]) -> Mapping[str, object]:
        """OpenAI accepts one stop text as well as a list of them."""
        return {**fields, "stop": [fields["stop"]]} if isinstance(fields.get("stop"), str) else fields

    @model_validator(mode="after")
    def _limit_tags(self) -> Self:
        if len({**self.tags, **(self.metadata or {})}) > MAX_EVENT_TAGS:
            msg = f"'tags' and 'metadata' hold more than {MAX_EVENT_TAGS} entries together"
            raise ValueError(msg)
        return self

    @property
    def includes_usage(self) -> bool:
        """Whether the stream ends with a usage chunk."""
        return self.stream_options is not None and self.stream_options.include_usage

    def to_request(self, tenant: str, request_id: str, deadline: datetime) -> LlmRequest:
        """The event of this body; `max_completion_tokens` takes precedence over the older `max_tokens`."""
        request = super().to_request(tenant, request_id, deadline)
        renamed = {
            "max_tokens": self.max_completion_tokens or self.max_tokens,
            "tags": {**self.tags, **(self.metadata or {})},
        }
        return LlmRequest.model_validate({**request.model_dump(), **renamed})


class FeedbackBody(BaseModel):
    """Feedback on an answer: a score and labels; free text could carry personal data past the guard."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_id: RequestId
    score: float = Field(ge=-1.0, le=1.0, allow_inf_nan=False)
    labels: Annotated[tuple[Slug, ...], Field(max_length=16)] = ()

    def to_feedback(self, tenant: str) -> Feedback:
        """The event of this body."""
        return Feedback(
            feedback_id=uuid4(),
            tenant=tenant,
            request_id=self.request_id,
            score=self.score,
            labels=self.labels,
            given_at=datetime.now(UTC),
        )
