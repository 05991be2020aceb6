"""Stands where a model could not be loaded and the settings let the service start: it says of every text that nobody looked at it."""

from collections.abc import Sequence

from services.guard.domain.types import DetectorInput, ScreeningContext, TextDetections, TextScore

DETECTOR = "guard"
KIND = "UNSCANNED"


class UnavailableDetector:
    """A detector without its model; the policy's `when_unscanned` says what that means for a text."""

    def __init__(self, name: str) -> None:
        """Take the name of the missing model."""
        self.version = f"{name}@missing"

    async def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> list[TextDetections]:
        """One signal for each text."""
        del case
        return [TextDetections(signals=(TextScore(DETECTOR, KIND, 1.0, is_found=True),)) for _ in texts]
