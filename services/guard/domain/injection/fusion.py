"""Fuses the layers of injection detection into one score: no phrase decides against the classifier."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from schemas.detections import UNVERIFIED_LANGUAGE
from schemas.verdicts import Direction
from services.guard.domain.classifier.calibration import (
    INDIRECT,
    INJECTION,
    ClassifierHead,
    InjectionEvidence,
    injection_detection,
)
from services.guard.domain.detection import PROMPT_INJECTION, Detection
from services.guard.domain.injection.detector import DETECTOR as PHRASES
from services.guard.domain.injection.detector import SUSPECT
from services.guard.domain.injection.ordinary_forms import (
    is_foreign_prose,
    is_general_question,
    is_ordinary_form,
)
from services.guard.domain.injection.similarity import DETECTOR as SIMILARITY
from services.guard.domain.injection.terseness import is_terse, is_tool_role
from services.guard.domain.policy import BLOCK_FROM, FLAG_FROM

FLAG_POINTS = frozenset({"fpr_5%", FLAG_FROM})
"""Up to the point from which a text is flagged."""
MAX_PHRASE_SCORE = 0.99
"""More signs than add up to this are no further evidence."""
MENTION_EVIDENCE = -1.5
"""Of a phrase that is only mentioned or about others, in units of the evidence of phrases."""
UNVERIFIED_EVIDENCE = -0.45
"""Of a text without phrases outside English or in a language that is not verified, in the same units.

Of 1,729 ordinary development texts in 25 such languages none reached the block point before, and yet short
orders such as "answer with JSON only" do.
"""
MIN_SIMILARITY = 0.3
"""Ordinary texts share as much with a known attack, so that less is no evidence."""


@dataclass(frozen=True, slots=True)
class InjectionFusion:
    """The calibration of the fused score, for direct attacks and for those in documents."""

    heads: Mapping[str, ClassifierHead]

    def fused(
        self, detections: Sequence[Detection], text: str | None = None, *, direction: Direction = "input"
    ) -> list[Detection]:
        """The detections of one text, with the fused score in the classifier's place.

        `text` is what people read; None where it has other readings, so that its form tells nothing. In the
        direction "indirect" the form of a text excuses nothing either: it is material, and asks for nothing.

        Phrases that are likely an attack reach the flag point alone; of the other points they keep those that
        the fused score reaches too. In a language in which the classifier is not verified it cannot overrule
        them, so they keep all.
        """
        attacks = [each for each in detections if each.kind == PROMPT_INJECTION]
        is_unverified = _is_unverified(detections)
        phrases = phrase_evidence(attacks) or _evidence_without_phrases(
            attacks, text, is_unverified=is_unverified
        )
        evidence = InjectionEvidence(phrases, _similarity_evidence(attacks))
        fused = [self._with_evidence(each, evidence) for each in attacks]
        if phrases <= 0.0 and not evidence.similarity:
            fused = _without_lone_blocks(fused, text, direction)
        of_attacks = iter(fused if is_unverified else _phrases_within_classifier(fused))
        return [next(of_attacks) if each.kind == PROMPT_INJECTION else each for each in detections]

    def _with_evidence(self, detection: Detection, evidence: InjectionEvidence) -> Detection:
        """The classifier's score with the other layers' evidence; any other detection as it is."""
        has_evidence = evidence.phrases != 0.0 or evidence.similarity != 0.0
        if not has_evidence or not _is_classified(detection) or detection.logits is None:
            return detection
        return injection_detection(self.heads, detection.logits, detection.tier, evidence) or detection


def injection_fusion(heads: Mapping[str, ClassifierHead]) -> InjectionFusion | None:
    """The fusion by the heads' weights; None where they have none, so that phrases decide alone."""
    attacks = {name: head for name, head in heads.items() if name in (INJECTION, INDIRECT)}
    return InjectionFusion(attacks) if all(head.evidence for head in attacks.values()) else None


def phrase_evidence(detections: Sequence[Detection]) -> float:
    """The sum of the evidence of the phrases in a text, each minus the logarithm of 1 minus its weight.

    A phrase that is only mentioned, or about the instructions of a game, is evidence of the contrary.
    """
    score = max((each.score for each in detections if each.detector == PHRASES), default=0.0)
    if 0.0 < score < SUSPECT:
        return MENTION_EVIDENCE
    return -math.log(1.0 - min(score, MAX_PHRASE_SCORE))


def has_phrases(detections: Sequence[Detection]) -> bool:
    """Whether there is any phrase of an attack."""
    return any(each.score > 0 for each in detections if each.detector == PHRASES)


def without_phrases(detections: Sequence[Detection]) -> list[Detection]:
    """The detections that decide without the classifier."""
    return [each for each in detections if each.detector != PHRASES]


def _similarity_evidence(detections: Sequence[Detection]) -> float:
    similarity = max((each.score for each in detections if each.detector == SIMILARITY), default=0.0)
    return max(0.0, similarity - MIN_SIMILARITY)


def _is_unverified(detections: Sequence[Detection]) -> bool:
    """Whether the text is in a language in which attacks are not verified to be found."""
    unverified = [each for each in detections if each.kind == UNVERIFIED_LANGUAGE]
    return any(each.detector == INJECTION for each in unverified)


def _is_classified(detection: Detection) -> bool:
    return detection.detector == INJECTION and detection.kind == PROMPT_INJECTION


def _evidence_without_phrases(
    detections: Sequence[Detection], text: str | None, *, is_unverified: bool
) -> float:
    """What a text without phrases says by its kind, where the classifier alone would find an attack in it."""
    if text is not None and _reaches(detections, FLAG_FROM) and is_general_question(text):
        return MENTION_EVIDENCE
    is_foreign = text is not None and _reaches(detections, BLOCK_FROM) and is_foreign_prose(text)
    return UNVERIFIED_EVIDENCE if is_unverified or is_foreign else 0.0


def _reaches(detections: Sequence[Detection], point: str) -> bool:
    """Whether the classifier alone reaches a point."""
    return any(_is_classified(each) and point in each.points for each in detections)


def _phrases_within_classifier(detections: Sequence[Detection]) -> list[Detection]:
    """The phrases with those of their points that the classifier's score reaches too."""
    points = {point for each in detections if _is_classified(each) for point in each.points}
    return [_within(each, points) if each.detector == PHRASES else each for each in detections]


def _without_lone_blocks(
    detections: Sequence[Detection], text: str | None, direction: Direction
) -> list[Detection]:
    """The classifier's score with the points of a flag at most, where a text says too little for more.

    That are texts of few words and of forms that people write every day.
    """
    if text is None:
        return list(detections)
    surest = [each for each in detections if _is_classified(each) and not FLAG_POINTS.issuperset(each.points)]
    if not surest or not (is_terse(text) or is_tool_role(text) or _is_own_form(text, direction)):
        return list(detections)
    return [_within(each, FLAG_POINTS) if each in surest else each for each in detections]


def _is_own_form(text: str, direction: Direction) -> bool:
    """Whether the caller wrote a text of an everyday form; a document's form is its author's choice."""
    return direction != "indirect" and is_ordinary_form(text)


def _within(detection: Detection, points: AbstractSet[str]) -> Detection:
    """The detection with those of its points that are among `points`; a flag is kept as well.

    So a limit takes the right to block from a detection that reaches the flag point, and nothing else.
    """
    own = FLAG_POINTS if FLAG_FROM in detection.points else frozenset[str]()
    kept = tuple(point for point in detection.points if point in points or point in own)
    return replace(detection, points=kept, is_found=bool(kept))
