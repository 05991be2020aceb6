"""A detection: what a detector reports about a text, from the recogniser up to the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.verdicts import DetectorTier

CERTAIN_SCORE = 1.0
PROMPT_INJECTION = "PROMPT_INJECTION"


class Span(NamedTuple):
    """Characters `start` up to `end` (exclusive) of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Detection:
    """A kind of content that a detector reports, with a score, for a span of the original or the whole text.

    Scores below the operating point are detections too (`is_found` is false), for policies' own thresholds.
    """

    kind: str
    detector: str
    score: float
    span: Span | None = None
    """None for the text as a whole."""
    is_found: bool = True
    """Whether the score reaches the detector's own operating point."""
    points: tuple[str, ...] = ()
    """The named operating points that the score reaches."""
    tier: DetectorTier | None = None
    """The most expensive step that the score needed; None for the spans of rules."""
    replacement: str | None = field(default=None, repr=False)
    """What a check offers in the place of the whole text."""
    logits: Mapping[str, float] | None = field(default=None, compare=False, repr=False)
    """The logit of each head that a classifier's score is from, to which other layers add their evidence."""

    @property
    def start(self) -> int:
        """Where its span begins; raises ValueError where it has none."""
        return self._required_span().start

    @property
    def end(self) -> int:
        """Where its span ends; raises ValueError where it has none."""
        return self._required_span().end

    def at(self, start: int, end: int) -> "Detection":
        """The same detection at another span."""
        # Three times as fast as `dataclasses.replace`, and called for each value that is redacted.
        return Detection(
            self.kind,
            self.detector,
            self.score,
            Span(start, end),
            self.is_found,
            self.points,
            self.tier,
            self.replacement,
        )

    def shifted(self, by: int) -> "Detection":
        """The same detection with its span moved by this many characters."""
        return self.at(self.start + by, self.end + by)

    def _required_span(self) -> Span:
        if self.span is None:
            raise ValueError(f"{self.kind} by {self.detector} is about the text as a whole and has no span")
        return self.span


UNSCANNED = Detection("UNSCANNED", "guard", CERTAIN_SCORE, tier="rules")
"""The detection for a text that a detector could not process; the policy's `when_unscanned` decides it."""
