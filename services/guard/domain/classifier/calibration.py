"""From logits to signals: both tiers fused into one calibrated score a head, and the operating points that the score reaches."""

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
    """Where the linear score alone decides: below `below` nothing is there, above `above` it certainly is."""

    below: float
    above: float
    slope: float
    bias: float

    def score(self, linear: float) -> float:
        """The calibrated probability without the encoder."""
        return sigmoid(self.slope * linear + self.bias)


@dataclass(frozen=True, slots=True)
class ClassifierHead:
    """How one head's logits become a probability, and from which score on it is found; both as measured in the model card."""

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
        """The operating points at or below this score, the easiest first."""
        return tuple(
            name for name, least in sorted(self.points.items(), key=lambda item: item[1]) if score >= least
        )

    def detection(self, detector: str, kind: str, score: float, tier: DetectorTier) -> Detection:
        """The score as a detector says it; points are compared before rounding, so that none moves by it."""
        reached = self.operating_points_at(score)
        return Detection(
            kind, detector, round(score, 4), is_found=self.default in reached, points=reached, tier=tier
        )


@dataclass(frozen=True, slots=True)
class EncoderLogits:
    """What the encoder says of a text: the largest of all windows and of all readings of it."""

    toxicity: Mapping[str, float]
    injection: float
    indirect: float


def max_logits(found: Sequence[EncoderLogits]) -> EncoderLogits:
    """The largest logit of each head."""
    toxicity = {label: max(one.toxicity[label] for one in found) for label in found[0].toxicity}
    return EncoderLogits(toxicity, max(one.injection for one in found), max(one.indirect for one in found))


def sigmoid(logit: float) -> float:
    """A probability from a logit of any size."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def heads_for(direction: Direction) -> tuple[str, ...]:
    """What a text is looked at for: an answer attacks nobody, and a document may attack like a caller or in its own ways."""
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
    """The signals where the linear tier is sure of every head, None where the encoder must be asked.

    Clear toxicity goes on to the encoder, which alone knows the kinds of it.
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
    """The signals of a text without a letter or figure, of which neither tier knows anything: what they would say is noise."""
    return _linear_detections(heads, dict.fromkeys(names, 0.0))


def _linear_detections(
    heads: Mapping[str, ClassifierHead], scores: Mapping[str, float]
) -> tuple[Detection, ...]:
    found = [heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, scores[TOXICITY], "linear")]
    return (*found, *_injection_detection(heads, scores, "linear"))


def fused_scores(
    heads: Mapping[str, ClassifierHead],
    names: Sequence[str],
    linear: Mapping[str, float],
    logits: EncoderLogits,
) -> tuple[Detection, ...]:
    """The signals of the fused score."""
    encoder = {TOXICITY: logits.toxicity["toxic"], INJECTION: logits.injection, INDIRECT: logits.indirect}
    scores = {name: heads[name].score(encoder[name], linear[name]) for name in names}
    found = [heads[TOXICITY].detection(TOXICITY, TOXICITY_KIND, scores[TOXICITY], "model")]
    for label, kind in SUB_KINDS.items():
        # Never above the whole, so that a kind's share of false alarms is at most the one measured for all kinds together;
        # and without the linear tier, which knows that a text is toxic but not how.
        score = min(scores[TOXICITY], heads[TOXICITY].score(logits.toxicity[label], 0.0))
        found.append(heads[TOXICITY].detection(TOXICITY, kind, score, "model"))
    return (*found, *_injection_detection(heads, scores, "model"))


def _injection_detection(
    heads: Mapping[str, ClassifierHead], scores: Mapping[str, float], tier: DetectorTier
) -> list[Detection]:
    """One signal for both ways of attacking: points first, since the heads' scores are measured on texts of their own."""
    found = [
        heads[name].detection(INJECTION, INJECTION_KIND, scores[name], tier)
        for name in (INJECTION, INDIRECT)
        if name in scores
    ]
    return [max(found, key=lambda signal: (len(signal.points), signal.score))] if found else []
