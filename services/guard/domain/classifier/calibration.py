"""Turns logits into detections: one calibrated score a head from both tiers, with its operating points."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from schemas.verdicts import DetectorTier, Direction
from services.guard.domain.detection import PROMPT_INJECTION, Detection

TOXICITY, INJECTION, INDIRECT = "toxicity", "injection", "indirect"
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

    def logit(self, linear: float) -> float:
        """The calibrated logit without the encoder."""
        return self.slope * linear + self.bias


@dataclass(frozen=True, slots=True)
class InjectionEvidence:
    """What the other layers of injection detection say of a text; or the weight of each."""

    phrases: float
    similarity: float

    def weigh(self, evidence: "InjectionEvidence") -> float:
        """The sum of the evidence by these weights."""
        return self.phrases * evidence.phrases + self.similarity * evidence.similarity


@dataclass(frozen=True, slots=True)
class ClassifierHead:
    """The calibration of one head and its named operating points, as measured in the model card."""

    encoder: float
    linear: float
    bias: float
    points: Mapping[str, float]
    default: str
    clear: LinearThresholds | None = None
    evidence: InjectionEvidence | None = None
    """The weights of the evidence of the other layers; None in a manifest that knows of no fusion."""

    def logit(self, encoder: float, linear: float) -> float:
        """The calibrated logit by both tiers."""
        return self.encoder * encoder + self.linear * linear + self.bias

    def score(self, encoder: float, linear: float) -> float:
        """The calibrated probability by both tiers."""
        return sigmoid(self.logit(encoder, linear))

    def score_with_evidence(self, logit: float, evidence: InjectionEvidence | None) -> float:
        """The calibrated probability by all layers, from the logit of the tiers."""
        weights = self.evidence
        return sigmoid(logit if evidence is None or weights is None else logit + weights.weigh(evidence))

    def __post_init__(self) -> None:
        """Put the points in order, the lowest first."""
        ordered = dict(sorted(self.points.items(), key=lambda item: item[1]))
        object.__setattr__(self, "points", MappingProxyType(ordered))

    def operating_points_at(self, score: float) -> tuple[str, ...]:
        """The operating points that the score reaches, the lowest first."""
        return tuple([name for name, least in self.points.items() if score >= least])

    def detection(
        self,
        detector: str,
        kind: str,
        score: float,
        tier: DetectorTier | None,
        logits: Mapping[str, float] | None = None,
    ) -> Detection:
        """The detection of this score; its points are compared before the score is rounded."""
        reached = self.operating_points_at(score)
        return Detection(
            kind,
            detector,
            round(score, 4),
            is_found=self.default in reached,
            points=reached,
            tier=tier,
            logits=logits,
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
    logits: dict[str, float] = {}
    for name in names:
        clear = heads[name].clear
        if clear is None:
            return None
        logits[name] = clear.logit(linear[name])
        score = sigmoid(logits[name])
        if not (score < clear.below or (score > clear.above and name != TOXICITY)):
            return None
    return _linear_detections(heads, logits)


def scores_without_words(heads: Mapping[str, ClassifierHead], names: Sequence[str]) -> tuple[Detection, ...]:
    """The detections with score 0 of a text without letters and digits, for which both tiers return noise."""
    return _linear_detections(heads, dict.fromkeys(names, -math.inf))


def _linear_detections(
    heads: Mapping[str, ClassifierHead], logits: Mapping[str, float]
) -> tuple[Detection, ...]:
    toxicity = heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, sigmoid(logits[TOXICITY]), "linear")
    attack = injection_detection(heads, logits, "linear")
    return (toxicity, attack) if attack else (toxicity,)


def fused_scores(
    heads: Mapping[str, ClassifierHead],
    names: Sequence[str],
    linear: Mapping[str, float],
    logits: EncoderLogits,
) -> tuple[Detection, ...]:
    """The detections of the scores fused from both tiers."""
    encoder = {TOXICITY: logits.toxicity["toxic"], INJECTION: logits.injection, INDIRECT: logits.indirect}
    logit_of = {name: heads[name].logit(encoder[name], linear[name]) for name in names}
    whole = sigmoid(logit_of[TOXICITY])
    detections = [heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, whole, "model")]
    for label, kind in SUB_KINDS.items():
        # At most the whole score, so that no kind has more false alarms than toxicity as a whole;
        # without the linear tier, which does not know the kinds.
        score = min(whole, heads[TOXICITY].score(logits.toxicity[label], 0.0))
        detections.append(heads[TOXICITY].detection(TOXICITY, kind, score, "model"))
    attack = injection_detection(heads, logit_of, "model")
    return (*detections, attack) if attack else tuple(detections)


def injection_detection(
    heads: Mapping[str, ClassifierHead],
    logits: Mapping[str, float],
    tier: DetectorTier | None,
    evidence: InjectionEvidence | None = None,
) -> Detection | None:
    """The stronger of direct and indirect injection, by points first, since each head has its own scale."""
    own = {name: logits[name] for name in (INJECTION, INDIRECT) if name in logits}
    detections = [
        heads[name].detection(
            INJECTION,
            PROMPT_INJECTION,
            heads[name].score_with_evidence(logit, evidence),
            tier,
            own,
        )
        for name, logit in own.items()
    ]
    return max(detections, key=lambda each: (len(each.points), each.score), default=None)
