"""The body of OpenAI's moderations: each text becomes a request that ends with its verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.bounds import Body, Moment
from schemas.requests import LlmRequest
from schemas.values import Label, Message, Name, RequestId
from services.gateway.domain.problems import invalid
from services.gateway.http.request_bodies import Tags

MODEL = "weir-guard"
MAX_INPUTS = 64
MAX_REQUEST_ID_CHARS = 124
"""Leaves room for the number of an input, which is appended."""


class TextPart(BaseModel):
    """One of the parts that make up a text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["text"]
    text: Body


Texts = Annotated[tuple[Body, ...], Field(max_length=MAX_INPUTS)]
Parts = Annotated[tuple[TextPart, ...], Field(max_length=MAX_INPUTS)]


class ModerationBody(BaseModel):
    """OpenAI's moderation with Weir's own fields; parts make up one text, `model` selects the policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Texts | Parts = Field(
        description=f"a text, a list of 1 to {MAX_INPUTS} texts, or the parts of one text"
    )
    model: Name = MODEL
    request_id: RequestId | None = None
    user: Label | None = None
    project: Label | None = None
    deadline: Moment | None = None
    tags: Tags = Field(default_factory=dict[str, str])

    @field_validator("input", mode="before")
    @classmethod
    def _text_as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def to_requests(self, tenant: str, name: str, deadline: datetime) -> Sequence[LlmRequest]:
        """One event for each text; several get the request id of the call with their number appended."""
        texts = self._texts()
        if len(texts) > 1 and len(name) > MAX_REQUEST_ID_CHARS:
            raise invalid(
                f"a request id of a call with several inputs has at most {MAX_REQUEST_ID_CHARS} characters",
                param="request_id",
            )
        names = [name] if len(texts) == 1 else [f"{name}:{number}" for number in range(len(texts))]
        return [
            LlmRequest(
                tenant=tenant,
                model=self.model,
                messages=(Message(role="user", content=text),),
                request_id=request_id,
                user=self.user,
                project=self.project,
                deadline=deadline,
                tags=self.tags,
                screen_only=True,
            )
            for request_id, text in zip(names, texts, strict=True)
        ]

    def _texts(self) -> Sequence[str]:
        parts = [part for part in self.input if isinstance(part, TextPart)]
        if parts:
            content = [part.model_dump() for part in parts]
            return [Message.model_validate({"role": "user", "content": content}).content]
        return [text for text in self.input if isinstance(text, str)]


def without_images(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields unchanged; raises ProblemError for too many inputs or for an image."""
    value = fields.get("input")
    if not isinstance(value, list):
        return fields
    inputs = cast("list[object]", value)
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise invalid(
            f"'input' holds {len(inputs)} texts; 1 to {MAX_INPUTS} are screened in one call: split it",
            param="input",
        )
    for number, part in enumerate(inputs):
        if isinstance(part, Mapping) and cast("Mapping[str, object]", part).get("type") == "image_url":
            message = (
                f"'input.{number}' is an image, and only text is screened:"
                " leave it out, or send the text of it"
            )
            raise invalid(message, param="input", code="unsupported_content")
    return fields
