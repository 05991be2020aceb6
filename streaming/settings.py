"""The settings that all processes share, read once from the environment (prefix WEIR_)."""

from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.plugins import PluginNames


class StreamSettings(BaseSettings):
    """The addresses of Kafka and ClickHouse and the seal key; each service adds its own fields."""

    model_config = SettingsConfigDict(
        env_prefix="WEIR_", frozen=True, extra="ignore", env_parse_none_str="null"
    )

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", description="host:port of a Kafka broker")
    clickhouse_url: str = Field(
        default="http://127.0.0.1:8123",
        repr=False,
        description="ClickHouse's HTTP interface; it may hold credentials",
    )
    seal_key: SecretStr = Field(
        description="32 bytes in URL-safe base64: the master key of the seal (`weir seal-key` makes one)"
    )
    session_timeout_s: float = Field(
        default=10.0, ge=6.0, le=300.0, description="a process away for longer loses its partitions"
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65_535, description="port of /metrics in a worker; 0 serves none"
    )
    metrics_host: str = Field(default="127.0.0.1", description="address that /metrics listens on")
    plugins: PluginNames = ()
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def read(cls) -> Self:
        """Read the environment; raises pydantic's ValidationError, which names the wrong setting."""
        return cls.model_validate({})
