"""What a policy would have done with findings that are stored: decided again where that is certain, and unknown where it is not."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal, get_args

from schemas.detections import Point
from schemas.policies import PolicyDocument
from schemas.verdicts import Direction
from services.guard.domain.detection import Detection
from services.guard.domain.policy import DEFAULT, PolicyDecision, decide
from services.guard.domain.redaction import DETECTOR as KNOWN
from services.guard.domain.verdict import REPLACING
from weir.policies.tables import rule_line

Effect = Literal["allow", "modify", "block", "unknown"]
EFFECTS_BY_STRICTNESS: Mapping[Effect, int] = {"allow": 0, "modify": 1, "unknown": 2, "block": 3}
NOTHING: tuple[Effect, ...] = ("allow",)
STRICTEST_LAST: tuple[Point, ...] = tuple(reversed(get_args(Point)))
Key = tuple[Direction, str, str, int, bool, tuple[str, ...] | None, bool]


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as it was stored: of several places or texts only the one that looked worst is known."""

    direction: Direction
    detector: str
    kind: str
    score: float
    is_found: bool
    points: tuple[str, ...] | None
    """None where nobody wrote them down."""
    may_be_many: bool


@dataclass(frozen=True, slots=True)
class ReplayedDecision:
    """What a finding leads to; `because` names the rule."""

    effect: Effect
    because: str


@dataclass(slots=True)
class FindingReplay:
    """Decides stored findings by one policy; the same finding is thought about once."""

    policy: PolicyDocument
    _known: dict[Key, ReplayedDecision] = field(default_factory=dict[Key, ReplayedDecision])
    _thresholds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Collect the scores at which a decision may change."""
        rules = (*self.policy.rules, *DEFAULT.rules)
        self._thresholds = tuple(sorted({0.0, *(rule.at_least for rule in rules)}))

    def of(self, stored: StoredFinding) -> ReplayedDecision:
        """What it leads to."""
        # Scores between two thresholds of the policy lead to the same, so that a million scores are a handful of thoughts.
        reached = bisect_right(self._thresholds, stored.score)
        key = (
            stored.direction,
            stored.detector,
            stored.kind,
            reached,
            stored.is_found,
            stored.points,
            stored.may_be_many,
        )
        result = self._known.get(key)
        if result is None:
            result = self._known[key] = self._decide(stored)
        return result

    def may_act(self, direction: Direction, detector: str, kind: str) -> bool:
        """Whether any score of this detector would lead to something."""
        scores, chains = (*self._thresholds, 1.0), _chains(STRICTEST_LAST)
        possible = (
            Detection(kind, detector, score, is_found=is_found, points=points)
            for score, is_found, points in product(scores, (True, False), chains)
        )
        return any(effect_of(decide(self.policy, each, direction)) != "allow" for each in possible)

    def _decide(self, stored: StoredFinding) -> ReplayedDecision:
        if stored.detector == KNOWN:
            return ReplayedDecision("modify", "a value that was pseudonymised on its way in")
        worst = Detection(
            stored.kind,
            stored.detector,
            stored.score,
            is_found=stored.is_found,
            points=stored.points or (),
        )
        possible = (
            [worst]
            if stored.points is not None
            else [replace(worst, points=points) for points in _chains(STRICTEST_LAST)]
        )
        decisions = [decide(self.policy, each, stored.direction) for each in possible]
        effects: set[Effect] = {effect_of(decision) for decision in decisions}
        if len(effects) > 1:
            return ReplayedDecision("unknown", "its operating points were not stored yet")
        (effect,) = effects
        if stored.may_be_many and self._is_stronger_below(stored, effect):
            return ReplayedDecision(
                "unknown", "other places with lower scores, which are not stored, may lead to more"
            )
        return ReplayedDecision(effect, _because(self.policy, decisions[0]))

    def _is_stronger_below(self, stored: StoredFinding, effect: Effect) -> bool:
        """Whether a place or text that looked better might lead to more: only where a rule does less from a higher score on."""
        scores = {stored.score, *(score for score in self._thresholds if score < stored.score)}
        chains = _chains(
            [point for point in STRICTEST_LAST if stored.points is None or point in stored.points]
        )
        found = (True, False) if stored.is_found else (False,)
        lower = (
            Detection(stored.kind, stored.detector, score, is_found=is_found, points=points)
            for score, is_found, points in product(scores, found, chains)
        )
        return any(
            EFFECTS_BY_STRICTNESS[effect_of(decide(self.policy, each, stored.direction))]
            > EFFECTS_BY_STRICTNESS[effect]
            for each in lower
        )


def effect_of(decision: PolicyDecision) -> Effect:
    """What a decision does; in shadow nothing."""
    if decision.shadow or (decision.action != "block" and decision.action not in REPLACING):
        return "allow"
    return "block" if decision.action == "block" else "modify"


def verdict_effect(results: Iterable[ReplayedDecision], *, is_cut_short: bool) -> Effect:
    """A verdict of them; one that ended before every detector was asked is known only where it blocks again."""
    effects = {result.effect for result in results}
    if "block" in effects:
        return "block"
    if "unknown" in effects or is_cut_short:
        return "unknown"
    return "modify" if "modify" in effects else "allow"


def completion_effect(effects: Sequence[Effect]) -> Effect:
    """A completion of its two verdicts."""
    return max((*NOTHING, *effects), key=EFFECTS_BY_STRICTNESS.__getitem__)


def _chains(points: Sequence[str]) -> list[tuple[str, ...]]:
    """What a score can reach: with a strict point the less strict ones too."""
    return [tuple(points[:count]) for count in range(len(points) + 1)]


def _because(policy: PolicyDocument, decision: PolicyDecision) -> str:
    if decision.rule is None:
        return "no rule: the policy's canaries, or what it does with what cannot be looked at"
    for index, rule in enumerate(policy.rules):
        if rule is decision.rule:
            return f"rules.{index}: {rule_line(rule)}"
    return f"default: {rule_line(decision.rule)}"
