"""Turns logits into detections: one calibrated score a head from both tiers, with its operating points."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from schemas.verdicts import DetectorTier, Direction
from services.guard.domain.detection import Detection

TOXICITY, INJECTION, INDIRECT = "toxicity", "injection", "indirect"
INJECTION_KIND = "PROMPT_INJECTION"
TOXICITY_KIND = "TOXICITY"
SUB_KINDS: Mapping[str, str] = MappingProxyType(
    {
        label: label.upper()
        for label in ("insult", "threat", "identity_hate", "obscene", "sexual", "self_harm", "violence")
    }
)


@dataclass(frozen=True, slots=True)
class LinearThresholds:
    """The scores below and above which the linear tier alone decides, and its own calibration."""

    below: float
    above: float
    slope: float
    bias: float

    def score(self, linear: float) -> float:
        """The calibrated probability without the encoder."""
        return sigmoid(self.slope * linear + self.bias)


@dataclass(frozen=True, slots=True)
class ClassifierHead:
    """The calibration of one head and its named operating points, as measured in the model card."""

    encoder: float
    linear: float
    bias: float
    points: Mapping[str, float]
    default: str
    clear: LinearThresholds | None = None

    def score(self, encoder: float, linear: float) -> float:
        """The calibrated probability by both tiers."""
        return sigmoid(self.encoder * encoder + self.linear * linear + self.bias)

    def operating_points_at(self, score: float) -> tuple[str, ...]:
        """The operating points that the score reaches, the lowest first."""
        return tuple(
            name for name, least in sorted(self.points.items(), key=lambda item: item[1]) if score >= least
        )

    def detection(self, detector: str, kind: str, score: float, tier: DetectorTier) -> Detection:
        """The detection of this score; its points are compared before the score is rounded."""
        reached = self.operating_points_at(score)
        return Detection(
            kind, detector, round(score, 4), is_found=self.default in reached, points=reached, tier=tier
        )


@dataclass(frozen=True, slots=True)
class EncoderLogits:
    """The encoder's logits of a text: the largest of all windows and variants of it."""

    toxicity: Mapping[str, float]
    injection: float
    indirect: float


def max_logits(logits: Sequence[EncoderLogits]) -> EncoderLogits:
    """The largest logit of each head."""
    toxicity = {label: max(each.toxicity[label] for each in logits) for label in logits[0].toxicity}
    injection = max(each.injection for each in logits)
    return EncoderLogits(toxicity, injection, max(each.indirect for each in logits))


def sigmoid(logit: float) -> float:
    """A probability from a logit of any size."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def heads_for(direction: Direction) -> tuple[str, ...]:
    """The heads for a direction: answers are not scored for injection, documents for both kinds of it."""
    match direction:
        case "output":
            return (TOXICITY,)
        case "input":
            return (TOXICITY, INJECTION)
        case "indirect":
            return (TOXICITY, INJECTION, INDIRECT)


def linear_scores(
    heads: Mapping[str, ClassifierHead], names: Sequence[str], linear: Mapping[str, float]
) -> tuple[Detection, ...] | None:
    """The detections if the linear tier is sure of every head; None if the encoder is needed.

    Clear toxicity needs the encoder, since only it distinguishes the kinds of toxicity.
    """
    scores: dict[str, float] = {}
    for name in names:
        clear = heads[name].clear
        if clear is None:
            return None
        scores[name] = clear.score(linear[name])
        if not (scores[name] < clear.below or (scores[name] > clear.above and name != TOXICITY)):
            return None
    return _linear_detections(heads, scores)


def scores_without_words(heads: Mapping[str, ClassifierHead], names: Sequence[str]) -> tuple[Detection, ...]:
    """The detections with score 0 of a text without letters and digits, for which both tiers return noise."""
    return _linear_detections(heads, dict.fromkeys(names, 0.0))


def _linear_detections(
    heads: Mapping[str, ClassifierHead], scores: Mapping[str, float]
) -> tuple[Detection, ...]:
    detections = [heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, scores[TOXICITY], "linear")]
    return (*detections, *_injection_detection(heads, scores, "linear"))


def fused_scores(
    heads: Mapping[str, ClassifierHead],
    names: Sequence[str],
    linear: Mapping[str, float],
    logits: EncoderLogits,
) -> tuple[Detection, ...]:
    """The detections of the scores fused from both tiers."""
    encoder = {TOXICITY: logits.toxicity["toxic"], INJECTION: logits.injection, INDIRECT: logits.indirect}
    scores = {name: heads[name].score(encoder[name], linear[name]) for name in names}
    detections = [heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, scores[TOXICITY], "model")]
    for label, kind in SUB_KINDS.items():
        # At most the whole score, so that no kind has more false alarms than toxicity as a whole;
        # without the linear tier, which does not know the kinds.
        score = min(scores[TOXICITY], heads[TOXICITY].score(logits.toxicity[label], 0.0))
        detections.append(heads[TOXICITY].detection(TOXICITY, kind, score, "model"))
    return (*detections, *_injection_detection(heads, scores, "model"))


def _injection_detection(
    heads: Mapping[str, ClassifierHead], scores: Mapping[str, float], tier: DetectorTier
) -> list[Detection]:
    """The stronger of direct and indirect injection, by points first, since each head has its own scale."""
    detections = [
        heads[name].detection(INJECTION, INJECTION_KIND, scores[name], tier)
        for name in (INJECTION, INDIRECT)
        if name in scores
    ]
    return (
        [max(detections, key=lambda detection: (len(detection.points), detection.score))]
        if detections
        else []
    )
