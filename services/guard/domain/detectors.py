"""The protocols of detectors: texts in, the detections of each text out."""

from collections.abc import Sequence
from typing import Protocol

from services.guard.domain.detection import Detection
from services.guard.domain.types import DetectorInput, ScreeningContext


class Detector(Protocol):
    """A detector that runs in the calling thread."""

    def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> Sequence[Sequence[Detection]]:
        """The detections of each text, in the order of the texts."""
        ...


class AsyncDetector(Protocol):
    """A detector that waits for a thread or for other code."""

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> Sequence[Sequence[Detection]]:
        """The detections of each text, in the order of the texts."""
        ...


class ModelDetector(AsyncDetector, Protocol):
    """A detector with a model, whose version is written into the verdict."""

    @property
    def version(self) -> str:
        """Name and version of the model, as `name@version`."""
        ...


class PostDetector(Protocol):
    """A detector that runs after all others and gets their detections."""

    def detect(
        self,
        texts: Sequence[DetectorInput],
        earlier: Sequence[Sequence[Detection]],
        context: ScreeningContext,
    ) -> Sequence[Sequence[Detection]]:
        """The detections to add to the earlier ones of each text."""
        ...
