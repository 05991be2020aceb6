"""Decides detections by the policy, and sums up the decisions of an event in one verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas.detections import plugin_privacy
from schemas.verdicts import Action, DetectorTier, Direction, Finding, Verdict
from services.guard.domain.detection import Detection
from services.guard.domain.policy import PolicyDecision, decide, strictest_action
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.types import DetectorInput, ScreeningContext

REPLACING: frozenset[Action] = frozenset({"mask", "pseudonymise"})
TIERS: tuple[DetectorTier, ...] = ("rules", "linear", "model")


@dataclass(frozen=True, slots=True)
class DecidedDetection:
    """A detection, the direction of its text, and the policy's decision about it."""

    detection: Detection
    direction: Direction
    decision: PolicyDecision

    @property
    def redacts(self) -> bool:
        """Whether the text of the detection is replaced."""
        return self.decision.action in REPLACING and not self.decision.shadow

    @property
    def is_counted(self) -> bool:
        """Whether it counts in its finding: it reached its operating point, or the policy acts on it."""
        return self.detection.is_found or self.decision.action != "allow"


def decide_detections(
    text: DetectorInput, detections: Iterable[Detection], context: ScreeningContext
) -> list[DecidedDetection]:
    """Decide all detections of one text by the policy."""
    direction = text.segment.direction
    # The span does not matter to a policy, so that a thousand addresses are decided once.
    decisions: dict[tuple[object, ...], PolicyDecision] = {}
    decided: list[DecidedDetection] = []
    for each in detections:
        key = (each.kind, each.detector, each.score, each.is_found, each.points)
        decision = decisions.get(key)
        if decision is None:
            decision = decisions[key] = _decision(each, context, direction)
        decided.append(DecidedDetection(each, direction, decision))
    return decided


def is_blocked(decided: Iterable[DecidedDetection]) -> bool:
    """Whether one of the decisions blocks the event."""
    return any(each.decision.action == "block" and not each.decision.shadow for each in decided)


def verdict_of(
    decided: Sequence[DecidedDetection],
    context: ScreeningContext,
    tier: DetectorTier,
    models: tuple[str, ...],
    took_ms: Decimal,
) -> Verdict:
    """Sum up the decisions about all texts of one event."""
    findings = _findings(decided)
    acting = [finding for finding in findings if not finding.shadow]
    blocking = next((finding for finding in acting if finding.action == "block"), None)
    is_changed = any(finding.action in REPLACING for finding in acting)
    return Verdict(
        direction=context.direction,
        action="block" if blocking else "modify" if is_changed else "allow",
        reason=f"{blocking.kind} found by {blocking.detector} (score {blocking.score:.2f})"
        if blocking
        else None,
        findings=tuple(findings),
        policy=context.policy.name,
        policy_version=context.policy.version,
        took_ms=took_ms,
        tier=tier,
        models=models,
    )


def _decision(detection: Detection, context: ScreeningContext, direction: Direction) -> PolicyDecision:
    """The policy's decision; a value that was pseudonymised in the request gets its placeholder back."""
    if detection.detector == KNOWN_VALUES:
        return PolicyDecision("pseudonymise")
    return decide(context.policy, detection, direction)


def _findings(decided: Sequence[DecidedDetection]) -> list[Finding]:
    """One finding for each direction, detector and kind, sorted by these."""
    groups: dict[tuple[str, str, str], list[DecidedDetection]] = {}
    for each in decided:
        groups.setdefault((each.direction, each.detection.detector, each.detection.kind), []).append(each)
    return [_finding(group) for _, group in sorted(groups.items())]


def _finding(group: Sequence[DecidedDetection]) -> Finding:
    """Sum up the detections of one detector and kind, with score, tier and points of the highest."""
    highest, *others = group
    if others:
        highest = max(group, key=lambda each: each.detection.score)
    detection, action = highest.detection, strictest_action([each.decision.action for each in group])
    return Finding(
        detector=detection.detector,
        kind=detection.kind,
        count=sum(each.is_counted for each in group),
        score=min(detection.score, 1.0),
        action=action,
        shadow=all(each.decision.shadow for each in group if each.decision.action == action),
        direction=highest.direction,
        tier=detection.tier,
        points=detection.points,
        is_found=any(each.detection.is_found for each in group),
        is_personal=plugin_privacy(detection.kind),
    )


def most_expensive_tier(tiers: Iterable[DetectorTier | None]) -> DetectorTier:
    """The most expensive of the tiers; `rules` if there are no tiers."""
    present = set(tiers)
    for tier in reversed(TIERS):
        if tier in present:
            return tier
    return "rules"
