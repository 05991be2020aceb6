"""Runs the checks of a policy on stored texts, since stored findings cannot replace their results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.checks import AnyCheck
from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction
from services.guard.domain.detection import Detection
from services.guard.domain.detectors import Detector
from services.guard.domain.origins import segments_of
from services.guard.domain.policy import PolicyDecision
from services.guard.domain.segments import deduplicate_detections
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from weir.policies.replay import FindingReplay, ReplayedDecision, StoredFinding, effect_of
from weir.policies.stored import StoredCompletion, StoredText

INCOMING: frozenset[Direction] = frozenset({"input", "indirect"})
OUTGOING: frozenset[Direction] = frozenset({"output"})


@dataclass(frozen=True, slots=True)
class CheckReplay:
    """Runs checks with the guard's detector; without a stored text, checks with an effect give `unknown`."""

    policy: PolicyDocument
    detector: Detector

    def __call__(self, completed: StoredCompletion, text: StoredText | None) -> Sequence[ReplayedDecision]:
        """The decisions of the checks on both directions of a completion."""
        replay = FindingReplay(self.policy)
        results: list[ReplayedDecision] = []
        messages = [Message.model_validate(message) for message in text.messages] if text else []
        if completed.input_action:
            context = ScreeningContext("input", self.policy)
            results += (
                self._of(segments_of(messages, {}, ()), context, replay)
                if messages
                else self._missing(INCOMING)
            )
        if completed.output_action:
            context = ScreeningContext("output", self.policy, prompt=messages)
            answer = [TextSegment(text.output, "output")] if text and text.output is not None else []
            results += self._of(answer, context, replay) if answer else self._missing(OUTGOING)
        return results

    def _of(
        self, segments: Sequence[TextSegment], context: ScreeningContext, replay: FindingReplay
    ) -> Iterator[ReplayedDecision]:
        texts = [DetectorInput(segment, normalise(segment.text)) for segment in segments]
        detections = deduplicate_detections(texts, self.detector.detect(texts, context))
        for text, detected in zip(texts, detections, strict=True):
            for stored in _stored(detected, text.segment.direction):
                yield replace(
                    replay.of(stored),
                    because=f"{stored.direction} check '{stored.kind}' by {stored.detector}, run again",
                )

    def _missing(self, directions: frozenset[Direction]) -> Iterator[ReplayedDecision]:
        for check in self.policy.checks:
            if directions & set(check.on) and _acts(check, self.policy):
                yield ReplayedDecision("unknown", f"check '{check.name}': the text is not kept")


def _acts(check: AnyCheck, policy: PolicyDocument) -> bool:
    return effect_of(PolicyDecision(check.action, check.shadow or policy.shadow)) != "allow"


def _stored(detections: Sequence[Detection], direction: Direction) -> Iterator[StoredFinding]:
    """The detections of one text as findings of one detection each."""
    for each in detections:
        yield StoredFinding(
            direction, each.detector, each.kind, each.score, each.is_found, each.points, may_be_many=False
        )
