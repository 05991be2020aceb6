"""Detectors of plug-in packages: each call in a thread, with a time limit."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import islice

from services.guard.domain.checks.types import is_inside
from services.guard.domain.detection import UNSCANNED, Detection, Span
from services.guard.domain.plugins import DetectorPlugin
from services.guard.domain.types import DetectorInput, ScreeningContext
from streaming.outside_calls import FailurePause, OutsideCalls

log = logging.getLogger(__name__)

MAX_THREADS = 16
PAUSE_S = 10.0
MAX_DETECTIONS = 1_000
"""Of one text; a plug-in that returns more has gone wrong."""


class InvalidDetectionError(ValueError):
    """A plug-in returned a detection that cannot be used; the message contains no part of the text."""


class PluginDetector:
    """One plug-in's detector; its id replaces the detector name in the detections."""

    def __init__(self, plugin: DetectorPlugin, version: str, timeout_s: float) -> None:
        """`version` is that of the distribution: verdicts name it as `id@version`."""
        self._id = plugin.declaration.id
        self._kinds = plugin.declaration.kinds
        self._detect = plugin.detect
        self._timeout_s = timeout_s
        self._calls = OutsideCalls(f"detector-{self._id}", MAX_THREADS, 2 * timeout_s)
        self._pause = FailurePause(PAUSE_S)
        self.version = f"{self._id}@{version}"

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The detections of each text."""
        found = (self._detections_in(text.segment.text, context.tenant) for text in texts)
        return list(await asyncio.gather(*found))

    async def _detections_in(self, text: str, tenant: str) -> Sequence[Detection]:
        if self._pause.is_paused(tenant):
            return (UNSCANNED,)
        try:
            detections = await self._calls.run(lambda: self._checked(text), self._timeout_s)
        except Exception as error:  # noqa: BLE001 - foreign code; its message may quote the text
            if isinstance(error, TimeoutError):
                self._pause.note_failure(tenant)
            log.warning(
                "a detector failed, so a text is unscanned",
                extra={"detector": self._id, "error": type(error).__name__},
            )
            return (UNSCANNED,)
        self._pause.note_success(tenant)
        return detections

    def _checked(self, text: str) -> Sequence[Detection]:
        detections = list(islice(self._detect(text), MAX_DETECTIONS + 1))
        if len(detections) > MAX_DETECTIONS:
            raise InvalidDetectionError(f"more than {MAX_DETECTIONS} detections")
        return [self._usable(detection, len(text)) for detection in detections]

    def _usable(self, detection: object, chars: int) -> Detection:
        """The detection, made anew of its checked parts: a detector of Weir's cannot be imitated."""
        if not isinstance(detection, Detection) or detection.kind not in self._kinds:
            raise InvalidDetectionError("no Detection, or one of a kind that is not declared")
        score = detection.score
        if type(score) not in {int, float} or not 0.0 <= score <= 1.0:
            raise InvalidDetectionError("a score outside of 0..1")
        if detection.span is None:
            return Detection(
                detection.kind, self._id, float(score), is_found=detection.is_found is True, tier="model"
            )
        if not is_inside(detection.span, chars):
            raise InvalidDetectionError("a span outside of the text")
        return Detection(detection.kind, self._id, float(score), Span(*detection.span))
