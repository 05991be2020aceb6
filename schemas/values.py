"""Value types that events share: names, money, messages, positions and errors."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from schemas.bounds import (
    MAX_EVENT_MESSAGES,
    MAX_EVENT_TAGS,
    MAX_INNER_MESSAGES,
    MAX_TEXT_CHARS,
    Explanation,
    Moment,
    Offset,
    Partition,
    Seconds,
    Word,
)
from schemas.content import flatten_content

TENANT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$"
PROMPT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}(@[A-Za-z0-9][A-Za-z0-9_.-]{0,31})?$"

TenantName = Annotated[str, StringConstraints(max_length=64, pattern=TENANT_PATTERN)]
Name = Annotated[str, StringConstraints(max_length=128, pattern=NAME_PATTERN)]
PromptReference = Annotated[str, StringConstraints(max_length=133, pattern=PROMPT_PATTERN)]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Slug = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS), BeforeValidator(flatten_content)]

Role = Literal["system", "developer", "user", "assistant", "tool"]
MAX_TAGS = MAX_EVENT_TAGS
MAX_MESSAGES = MAX_EVENT_MESSAGES


class Value(BaseModel):
    """A part of an event: frozen, and unknown fields are ignored, so that newer producers can be read."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")


class Message(Value):
    """One turn of a conversation in OpenAI's shape; a list of text parts is joined into one string."""

    role: Role
    content: Text
    name: Label | None = None


Messages = Annotated[tuple[Message, ...], Field(max_length=MAX_INNER_MESSAGES)]


class SourcePosition(Value):
    """The position of a request on `llm.requests`; with the append time, since a topic can be re-created."""

    topic: Word
    partition: Partition
    offset: Offset
    appended_at: Moment


class ErrorFacts(Value):
    """The error of a request as shown to its caller: a stable `code`, and a `message` without content."""

    code: Word
    message: Explanation
    retry_after_s: Seconds | None = None
