"""Replaces the detector of a model that could not be loaded: every text is unscanned."""

from collections.abc import Sequence

from services.guard.domain.detection import UNSCANNED, Detection
from services.guard.domain.types import DetectorInput, ScreeningContext


class UnavailableDetector:
    """Reports every text as unscanned; the policy's `when_unscanned` decides the action."""

    def __init__(self, name: str) -> None:
        """Take the name of the missing model."""
        self.version = f"{name}@missing"

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """One detection for each text."""
        del context
        return [(UNSCANNED,) for _ in texts]
