"""Stands where a model could not be loaded and the settings let the service start: it says of every text that nobody looked at it."""

from collections.abc import Sequence

from services.guard.domain.types import Case, Reading, SeenText, Signal

DETECTOR = "guard"
KIND = "UNSCANNED"


class Unscanned:
    """A detector without its model; the policy's `when_unscanned` says what that means for a text."""

    def __init__(self, name: str) -> None:
        """Take the name of the missing model."""
        self.version = f"{name}@missing"

    async def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """One signal for each text."""
        del case
        return [Reading(signals=(Signal(DETECTOR, KIND, 1.0, is_found=True),)) for _ in texts]
