"""The settings of the watch."""

from pydantic import Field

from streaming.settings import StreamSettings


class WatchSettings(StreamSettings):
    """How often offsets are looked at, and where /metrics is served."""

    watch_host: str = Field(default="127.0.0.1", description="address of /metrics")
    watch_port: int = Field(default=9464, ge=1, le=65_535, description="port of /metrics")
    watch_every_s: float = Field(default=5.0, gt=0, le=300)
