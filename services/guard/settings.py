"""The settings of the guard."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr

from streaming.seal.seal import new_key
from streaming.settings import StreamSettings

MODELS = Path(__file__).parent / "models"


class GuardSettings(StreamSettings):
    """The limits of a request, the models, and their threads."""

    guard_content_chars: int = Field(
        default=131_072, ge=1, description="longest content of a request, all messages together"
    )
    guard_default_deadline_s: float = Field(
        default=120.0, gt=0, le=86_400, description="for requests that name no deadline"
    )
    guard_longest_deadline_s: float = Field(
        default=3600.0, gt=0, le=86_400, description="later deadlines are brought forward to this"
    )
    guard_windows: int = Field(
        default=600,
        ge=1,
        description="most windows of 128 tokens that are scanned of one request; more is refused",
    )
    guard_model_threads: int = Field(
        default=2,
        ge=1,
        le=64,
        description="runs of models that go on at once, all models together; at most the cores there are; "
        "long texts have as many more, of lower priority",
    )
    guard_models: Path = Field(default=MODELS, description="folder of the shipped models")
    guard_validator_timeout_s: float = Field(
        default=5.0, gt=0, le=60, description="longest call of a Guardrails validator that a policy names"
    )
    guard_start_without_models: bool = Field(
        default=False,
        description="start although a model is missing or damaged; "
        "each text is then UNSCANNED, see when_unscanned of the policy",
    )

    @classmethod
    def offline(cls) -> Self:
        """The settings of a guard without a stream, from the environment, with a random seal key."""
        return cls(seal_key=SecretStr(new_key()))
