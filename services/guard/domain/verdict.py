"""Turns readings into findings and one verdict: every score stays on it, whatever the policy does."""

import dataclasses
from collections.abc import Iterable, Sequence
from decimal import Decimal

from schemas.verdicts import Action, DetectorTier, Direction, Finding, Verdict
from services.guard.domain.policy import Evidence, PolicyDecision, decide, strictest_action
from services.guard.domain.redaction import DETECTOR as KNOWN
from services.guard.domain.spans import Span
from services.guard.domain.types import DetectorInput, ScreeningContext, TextDetections, TextScore

REPLACING: frozenset[Action] = frozenset({"mask", "pseudonymise"})
TIERS: tuple[DetectorTier, ...] = ("rules", "linear", "model")
Detection = Span | TextScore


@dataclasses.dataclass(frozen=True, slots=True)
class DecidedDetection:
    """A place or a signal with what the policy does about it."""

    detection: Detection
    direction: Direction
    decision: PolicyDecision

    @property
    def redacts(self) -> bool:
        """Whether text is taken out because of it."""
        return self.decision.action in REPLACING and not self.decision.shadow


def decide_detections(
    text: DetectorInput, reading: TextDetections, case: ScreeningContext
) -> list[DecidedDetection]:
    """Decide about all that was found in one text."""
    direction = text.subject.direction
    decided: dict[Detection, PolicyDecision] = {}
    judged: list[DecidedDetection] = []
    for found in (*reading.spans, *reading.signals):
        # A policy decides by who found what how surely, not by the place: a thousand addresses are one decision.
        like = dataclasses.replace(found, start=0, end=0) if isinstance(found, Span) else found
        decision = (
            decided[like] if like in decided else decided.setdefault(like, _decision(found, case, direction))
        )
        judged.append(DecidedDetection(found, direction, decision))
    return judged


def is_blocked(judged: Iterable[DecidedDetection]) -> bool:
    """Whether one of them ends the event."""
    return any(one.decision.action == "block" and not one.decision.shadow for one in judged)


def verdict_of(
    judged: Sequence[DecidedDetection],
    case: ScreeningContext,
    tier: DetectorTier,
    models: tuple[str, ...],
    took_ms: Decimal,
) -> Verdict:
    """Sum up one event."""
    findings = _findings(judged)
    acting = [finding for finding in findings if not finding.shadow]
    blocking = next((finding for finding in acting if finding.action == "block"), None)
    is_changed = any(finding.action in REPLACING for finding in acting)
    return Verdict(
        direction=case.direction,
        action="block" if blocking else "modify" if is_changed else "allow",
        reason=f"{blocking.kind} found by {blocking.detector} (score {blocking.score:.2f})"
        if blocking
        else None,
        findings=tuple(findings),
        policy=case.policy.name,
        policy_version=case.policy.version,
        took_ms=took_ms,
        tier=tier,
        models=models,
    )


def _decision(found: Detection, case: ScreeningContext, direction: Direction) -> PolicyDecision:
    """The policy's; but a value that was pseudonymised on its way in gets its placeholder back, whatever answers may hold."""
    if found.detector == KNOWN:
        return PolicyDecision("pseudonymise")
    if isinstance(found, TextScore):
        evidence = Evidence(
            found.detector, found.kind, found.score, is_found=found.is_found, points=found.points
        )
    else:
        evidence = Evidence(found.detector, found.kind, found.score, is_found=True)
    return decide(case.policy, evidence, direction)


def _findings(judged: Sequence[DecidedDetection]) -> list[Finding]:
    """One finding for each direction, detector and kind: how often, and the highest score."""
    groups: dict[tuple[str, str, str], list[DecidedDetection]] = {}
    for one in judged:
        groups.setdefault((one.direction, one.detection.detector, one.detection.kind), []).append(one)
    return [_finding(group) for _, group in sorted(groups.items())]


def _finding(group: Sequence[DecidedDetection]) -> Finding:
    """Sum up what one detector found of one kind; the score of the whole is that of the place that looked worst."""
    worst = max(group, key=lambda one: one.detection.score)
    found, action = worst.detection, strictest_action(one.decision.action for one in group)
    return Finding(
        detector=found.detector,
        kind=found.kind,
        count=sum(
            not isinstance(one.detection, TextScore)
            or one.detection.is_found
            or one.decision.action != "allow"
            for one in group
        ),
        score=min(found.score, 1.0),
        action=action,
        shadow=all(one.decision.shadow for one in group if one.decision.action == action),
        direction=worst.direction,
        tier=found.tier if isinstance(found, TextScore) else None,
        points=found.points if isinstance(found, TextScore) else (),
        is_found=any(not isinstance(one.detection, TextScore) or one.detection.is_found for one in group),
    )


def most_expensive_tier(tiers: Iterable[DetectorTier]) -> DetectorTier:
    """The dearest tier of those that were asked."""
    found = set(tiers)
    for tier in reversed(TIERS):
        if tier in found:
            return tier
    return "rules"
