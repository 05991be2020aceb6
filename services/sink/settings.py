"""The settings of the sink."""

from pydantic import Field

from streaming.settings import StreamSettings


class SinkSettings(StreamSettings):
    """The limit on the time of an insert."""

    sink_insert_timeout_s: float = Field(
        default=30.0, gt=0, le=60, description="under the 60 s between a declared range and its insert"
    )
