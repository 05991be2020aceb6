"""Detects placeholders in links of an answer, where restoring them could send values to an attacker."""

from collections.abc import Sequence

from schemas.detections import PLACEHOLDER_IN_URL
from schemas.restoring import placeholders_in_links
from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext

DETECTOR = "placeholder-links"


class PlaceholderLinkDetector:
    """Detects placeholders in addresses, in targets of links and images, and in attributes of tags."""

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """A span for each placeholder in a link of an answer."""
        if context.direction != "output" or not context.pseudonyms:
            return [() for _ in texts]
        return [
            [
                Detection(PLACEHOLDER_IN_URL, DETECTOR, CERTAIN_SCORE, Span(found.start, found.end))
                for found in placeholders_in_links(text.segment.text, context.pseudonyms)
            ]
            for text in texts
        ]
