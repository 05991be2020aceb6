"""The settings of the gateway: its address, its API keys, and its limits."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.values import TenantName
from streaming.settings import StreamSettings

KeyHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class GatewaySettings(StreamSettings):
    """`gateway_keys` is a JSON object from SHA-256 (hex) of an API key to its tenant; no key is stored."""

    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8080, ge=1, le=65_535)
    gateway_keys: Mapping[KeyHash, TenantName] = Field(default_factory=dict[str, str])
    gateway_deadline_s: float = Field(
        default=120.0, gt=0, le=3600, description="for requests that name no deadline"
    )
    gateway_longest_deadline_s: float = Field(
        default=3600.0, gt=0, le=86_400, description="later deadlines are brought forward to this"
    )
    gateway_max_body_bytes: int = Field(
        default=1_048_576, ge=1024, le=4_194_304, description="larger bodies are answered with 413"
    )
    gateway_lag_limit_s: float = Field(
        default=60.0, gt=0, description="a stream later than this is answered with 503 and Retry-After"
    )
    gateway_held_limit_s: float = Field(
        default=5.0,
        gt=0,
        description=(
            "a partition held longer than this by an open transaction is answered with 503 and Retry-After"
        ),
    )
    gateway_max_waiting: int = Field(
        default=2_000,
        ge=1,
        description="requests that wait for their outcome at once; more are answered with 503",
    )
    gateway_ack_timeout_s: float = Field(
        default=10.0, gt=0, le=60, description="how long Kafka may take to accept a request"
    )
    gateway_recent_bytes: int = Field(
        default=33_554_432, ge=1_048_576, description="outcomes kept in memory, by the size of their records"
    )

    @model_validator(mode="after")
    def _deadlines_fit(self) -> Self:
        if self.gateway_deadline_s > self.gateway_longest_deadline_s:
            msg = (
                f"gateway_deadline_s ({self.gateway_deadline_s}) is later than"
                f" gateway_longest_deadline_s ({self.gateway_longest_deadline_s})"
            )
            raise ValueError(msg)
        return self
