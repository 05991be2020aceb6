"""The result of an offline scan: the verdict, the scores by detector, and the spans in the original text."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from schemas.scores import Scores, scores_of
from schemas.verdicts import DetectorTier, Verdict, VerdictAction
from services.guard.domain.detection import Detection
from services.guard.domain.spans import merged, with_span
from services.guard.domain.types import ParentPosition, ScreeningResult, TextSegment


@dataclass(frozen=True, slots=True)
class ScannedSpan:
    """Characters `start` up to `end` (exclusive) of a message; a single text is message 0."""

    type: str
    start: int
    end: int
    score: float
    message: int = 0


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The verdict that the stream would give, with sorted spans that do not overlap and the redacted texts.

    `ms` is the wall time of the text; with n texts in flight, each moment counts 1/n for each.
    """

    verdict: Verdict
    scores: Scores
    spans: tuple[ScannedSpan, ...]
    texts: tuple[str, ...]
    ms: float

    @property
    def action(self) -> VerdictAction:
        """The action of the verdict."""
        return self.verdict.action

    @property
    def tier(self) -> DetectorTier:
        """The most expensive tier that the verdict needed."""
        return self.verdict.tier or "rules"

    def to_json(self) -> dict[str, JsonValue]:
        """The result as a JSON object; spans name their message where there are several."""
        detectors = self.scores.model_dump(
            mode="json", exclude={"unscanned", "unverified_language"}, exclude_none=True
        )
        return {
            "action": self.action,
            "detectors": detectors,
            "spans": [_span_json(span, names_message=len(self.texts) > 1) for span in self.spans],
            "tier": self.tier,
            "ms": self.ms,
            "policy": self.verdict.policy,
            "policy_version": self.verdict.policy_version,
            **self._not_judged(),
        }

    def _not_judged(self) -> dict[str, JsonValue]:
        """What was not looked at, and whose silence means little; nothing for most texts."""
        unscanned, unverified = self.scores.unscanned, self.scores.unverified_language
        return {
            **({"unscanned": unscanned} if unscanned else {}),
            **({"unverified_language": list(unverified)} if unverified else {}),
        }


def scanned_of(screened: ScreeningResult, segments: Sequence[TextSegment], ms: float) -> ScanResult:
    """The result of a screening of these segments, with the spans of each message merged."""
    by_message: dict[int, list[Detection]] = {}
    for index, detections in enumerate(screened.detections):
        parent = segments[index].parent or ParentPosition(index)
        shifted = [detection.shifted(parent.start) for detection in with_span(detections)]
        by_message.setdefault(parent.index, []).extend(shifted)
    spans = [
        ScannedSpan(each.kind, each.start, each.end, min(each.score, 1.0), message)
        for message, detections in sorted(by_message.items())
        for each in merged(detections)
    ]
    return ScanResult(
        screened.verdict, scores_of(screened.verdict), tuple(spans), screened.redacted_texts, ms
    )


def _span_json(span: ScannedSpan, *, names_message: bool) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {
        "type": span.type,
        "start": span.start,
        "end": span.end,
        "score": span.score,
    }
    return {**fields, "message": span.message} if names_message else fields
