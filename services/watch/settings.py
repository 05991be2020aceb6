"""The settings of the watch."""

from pydantic import Field, SecretStr

from streaming.settings import StreamSettings


class WatchSettings(StreamSettings):
    """The interval between two samples of all offsets; metrics are served on `metrics_port`."""

    seal_key: SecretStr = Field(
        default=SecretStr(""), description="not needed: the watch opens and seals nothing"
    )
    watch_every_s: float = Field(default=5.0, gt=0, le=300)
