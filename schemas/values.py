"""The small values that events share: names, money, messages, positions and facts about errors."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from schemas.content import flatten_content

TENANT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$"
PROMPT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}(@[A-Za-z0-9][A-Za-z0-9_.-]{0,31})?$"

TenantName = Annotated[str, StringConstraints(pattern=TENANT_PATTERN)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
PromptReference = Annotated[str, StringConstraints(pattern=PROMPT_PATTERN)]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Money = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=38, decimal_places=12)]
Moment = AwareDatetime
Text = Annotated[str, BeforeValidator(flatten_content)]

Role = Literal["system", "developer", "user", "assistant", "tool"]
MAX_TAGS = 32
MAX_MESSAGES = 2_000


class Value(BaseModel):
    """A part of an event: frozen; unknown fields are ignored, so that a newer producer never breaks an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")


class Message(Value):
    """One turn of a conversation in OpenAI's shape; a list of text parts is joined into one string."""

    role: Role
    content: Text
    name: Label | None = None


class SourcePosition(Value):
    """Where a request stood on `llm.requests`; with the append time, since a re-created topic starts at offset 0 again."""

    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    appended_at: datetime


class ErrorFacts(Value):
    """Why a request was not answered, safe to show to its caller: `code` is stable, `message` names the way out and holds no content."""

    code: str
    message: str
    retry_after_s: float | None = None
