"""Decides stored findings again by a policy; the effect is `unknown` unless it is certain."""

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
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.verdict import REPLACING
from weir.policies.tables import rule_line

Effect = Literal["allow", "modify", "block", "unknown"]
EFFECTS_BY_STRICTNESS: Mapping[Effect, int] = {"allow": 0, "modify": 1, "unknown": 2, "block": 3}
NOTHING: tuple[Effect, ...] = ("allow",)
POINTS_STRICTEST_LAST: tuple[Point, ...] = tuple(reversed(get_args(Point)))
FindingKey = tuple[Direction, str, str, int, bool, tuple[str, ...] | None, bool]


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as it was stored: of several spans or texts only the highest score is known."""

    direction: Direction
    detector: str
    kind: str
    score: float
    is_found: bool
    points: tuple[str, ...] | None
    """The operating points that the score reached; None if they were not stored."""
    may_be_many: bool


@dataclass(frozen=True, slots=True)
class ReplayedDecision:
    """The effect of a finding; `because` is the rule that decides it."""

    effect: Effect
    because: str


@dataclass(slots=True)
class FindingReplay:
    """Decides stored findings by one policy; equal findings are decided once."""

    policy: PolicyDocument
    _cache: dict[FindingKey, ReplayedDecision] = field(default_factory=dict[FindingKey, ReplayedDecision])
    _thresholds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Collect the scores at which a decision can change."""
        rules = (*self.policy.rules, *DEFAULT.rules)
        self._thresholds = tuple(sorted({0.0, *(rule.at_least for rule in rules)}))

    def of(self, stored: StoredFinding) -> ReplayedDecision:
        """The decision on a stored finding."""
        # Scores between the same two thresholds lead to the same decision, so few keys cover all scores.
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
        result = self._cache.get(key)
        if result is None:
            result = self._cache[key] = self._decide(stored)
        return result

    def may_act(self, direction: Direction, detector: str, kind: str) -> bool:
        """Whether any score of this detector has an effect."""
        scores, chains = (*self._thresholds, 1.0), _point_chains(POINTS_STRICTEST_LAST)
        possible = (
            Detection(kind, detector, score, is_found=is_found, points=points)
            for score, is_found, points in product(scores, (True, False), chains)
        )
        return any(effect_of(decide(self.policy, detection, direction)) != "allow" for detection in possible)

    def _decide(self, stored: StoredFinding) -> ReplayedDecision:
        if stored.detector == KNOWN_VALUES:
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
            else [replace(worst, points=points) for points in _point_chains(POINTS_STRICTEST_LAST)]
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
        """Whether a lower score could have a stronger effect, as a rule for higher scores may do less."""
        scores = {stored.score, *(score for score in self._thresholds if score < stored.score)}
        chains = _point_chains(
            [point for point in POINTS_STRICTEST_LAST if stored.points is None or point in stored.points]
        )
        found_flags = (True, False) if stored.is_found else (False,)
        lower = (
            Detection(stored.kind, stored.detector, score, is_found=is_found, points=points)
            for score, is_found, points in product(scores, found_flags, chains)
        )
        return any(
            EFFECTS_BY_STRICTNESS[effect_of(decide(self.policy, each, stored.direction))]
            > EFFECTS_BY_STRICTNESS[effect]
            for each in lower
        )


def effect_of(decision: PolicyDecision) -> Effect:
    """The effect of a decision; in shadow it is `allow`."""
    if decision.shadow or (decision.action != "block" and decision.action not in REPLACING):
        return "allow"
    return "block" if decision.action == "block" else "modify"


def verdict_effect(results: Iterable[ReplayedDecision], *, is_cut_short: bool) -> Effect:
    """The effect of all decisions; if not all detectors ran, it is known only if it blocks."""
    effects = {result.effect for result in results}
    if "block" in effects:
        return "block"
    if "unknown" in effects or is_cut_short:
        return "unknown"
    return "modify" if "modify" in effects else "allow"


def completion_effect(effects: Sequence[Effect]) -> Effect:
    """The strictest effect of the verdicts of a completion."""
    return max((*NOTHING, *effects), key=EFFECTS_BY_STRICTNESS.__getitem__)


def _point_chains(points: Sequence[str]) -> list[tuple[str, ...]]:
    """The sets of points that a score can reach; a stricter point includes the less strict ones."""
    return [tuple(points[:count]) for count in range(len(points) + 1)]


def _because(policy: PolicyDocument, decision: PolicyDecision) -> str:
    if decision.rule is None:
        return "no rule: the policy's canaries, or what it does with what cannot be looked at"
    for index, rule in enumerate(policy.rules):
        if rule is decision.rule:
            return f"rules.{index}: {rule_line(rule)}"
    return f"default: {rule_line(decision.rule)}"
