"""The settings of the router: its providers, and the limits on calls and connections."""

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from schemas.providers import ProviderKindName
from streaming.settings import StreamSettings


class ProviderSettings(BaseModel):
    """One provider; its key is read from the environment variable that `api_key_env` names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: ProviderKindName = "openai"
    base_url: str
    api_key_env: str | None = None
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream: bool = False

    def api_key(self) -> SecretStr | None:
        """The key, if one is needed; raises ValueError if the variable is not set."""
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env)
        if not key:
            msg = f"provider '{self.name}' reads its key from {self.api_key_env}, which is not set"
            raise ValueError(msg)
        return SecretStr(key)


class RouterSettings(StreamSettings):
    """`router_providers` is a JSON list: `[{"name": "local", "base_url": "http://127.0.0.1:18081/v1"}]`."""

    router_providers: tuple[ProviderSettings, ...] = ()
    router_in_flight: int = Field(
        default=200, ge=1, le=10_000, description="calls in flight for each partition"
    )
    router_connections: int = Field(
        default=400, ge=1, le=10_000, description="connections to all providers together"
    )
