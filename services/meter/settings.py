"""The settings of the meter."""

from pydantic import Field

from streaming.settings import StreamSettings


class MeterSettings(StreamSettings):
    """How long after its deadline an open request is expired, and how often the accounts are saved."""

    meter_grace_s: float = Field(
        default=15.0, ge=0, le=3600, description="time after the deadline for an answer that is on its way"
    )
    meter_snapshot_every_s: float = Field(default=60.0, ge=1, le=86_400)
