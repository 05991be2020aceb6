"""The body of OpenAI's moderations: texts to screen, each of which becomes a request that nobody answers."""

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
MOST_INPUTS = 64
LONGEST_NAME = 124
"""So that the number of an input still fits behind it."""


class TextPart(BaseModel):
    """A part of one text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["text"]
    text: Body


Texts = Annotated[tuple[Body, ...], Field(max_length=MOST_INPUTS)]
Parts = Annotated[tuple[TextPart, ...], Field(max_length=MOST_INPUTS)]


class ModerationBody(BaseModel):
    """OpenAI's moderation, with what Weir adds to it; parts make up one text, as at OpenAI; `model` chooses the policy of that route."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Texts | Parts = Field(
        description=f"a text, a list of 1 to {MOST_INPUTS} texts, or the parts of one text"
    )
    model: Name = MODEL
    request_id: RequestId | None = None
    user: Label | None = None
    project: Label | None = None
    deadline: Moment | None = None
    tags: Tags = Field(default_factory=dict[str, str])

    @field_validator("input", mode="before")
    @classmethod
    def _one_text(cls, given: object) -> object:
        return [given] if isinstance(given, str) else given

    def to_requests(self, tenant: str, name: str, deadline: datetime) -> Sequence[LlmRequest]:
        """One event for each text; the request ids of several are the call's with their number."""
        texts = self._texts()
        if len(texts) > 1 and len(name) > LONGEST_NAME:
            raise invalid(
                f"a request id of a call with several inputs has at most {LONGEST_NAME} characters",
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
    """The fields as they are; raises RefusedError where they hold more inputs than may be, or something that is no text."""
    given = fields.get("input")
    if not isinstance(given, list):
        return fields
    inputs = cast("list[object]", given)
    if not 1 <= len(inputs) <= MOST_INPUTS:
        raise invalid(
            f"'input' holds {len(inputs)} texts; 1 to {MOST_INPUTS} are screened in one call: split it",
            param="input",
        )
    for number, part in enumerate(inputs):
        if isinstance(part, Mapping) and cast("Mapping[str, object]", part).get("type") == "image_url":
            msg = f"'input.{number}' is an image, and only text is screened: leave it out, or send the text of it"
            raise invalid(msg, param="input", code="unsupported_content")
    return fields
