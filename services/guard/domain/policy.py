"""What is done with a finding: the policy's last fitting rule, else the default policy's, else it is only flagged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from schemas.detections import PERSONAL_KINDS, Point
from schemas.policies import PolicyDocument, Rule
from schemas.verdicts import Action, Direction
from services.guard.domain.detection import Detection

NAMED_IN_ANSWERS = frozenset({"PERSON", "ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "DATE_OF_BIRTH"})
PUBLIC_KINDS = frozenset({"LOCATION", "PUBLIC_FIGURE"})
"""What may be known: it is flagged, so that a policy can do more, and nothing happens to it by default."""
PERSONAL = tuple(kind for kind in PERSONAL_KINDS if kind not in PUBLIC_KINDS)
FLAG_FROM: Point = "fpr_1%"
BLOCK_FROM: Point = "fpr_0.1%"

DEFAULT = PolicyDocument(
    name="default",
    version=1,
    rules=(
        *(Rule(kind=kind, direction="input", action="pseudonymise") for kind in PERSONAL),
        *(
            Rule(kind=kind, direction="output", action="flag" if kind in NAMED_IN_ANSWERS else "mask")
            for kind in PERSONAL
        ),
        Rule(kind="SECRET", direction="input", action="mask"),
        Rule(kind="SECRET", direction="output", action="mask"),
        Rule(kind="PROMPT_INJECTION", direction="input", action="flag", at=FLAG_FROM),
        Rule(kind="PROMPT_INJECTION", direction="input", action="block", at=BLOCK_FROM),
        Rule(kind="PROMPT_INJECTION", direction="indirect", action="flag", at=FLAG_FROM),
        Rule(kind="PROMPT_INJECTION", direction="indirect", action="mask", at=BLOCK_FROM),
        Rule(kind="PROMPT_LEAK", direction="output", action="block"),
    ),
)


# The built-in policy has a rule for each kind, and is asked about every finding of every text.
_DEFAULT_RULES = {
    place: tuple(rules)
    for place, rules in groupby(
        sorted(DEFAULT.rules, key=lambda rule: (rule.kind, rule.direction)),
        key=lambda rule: (rule.kind, rule.direction),
    )
}


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """What happens to a finding; in shadow it is only written down."""

    action: Action
    shadow: bool = False
    rule: Rule | None = field(default=None, compare=False, repr=False)
    """Which rule says so, the policy's own or the default's; None for what stands in no rule."""


def decide(policy: PolicyDocument, detection: Detection, direction: Direction) -> PolicyDecision:
    """Look up what the policy does: its own check or canary of that name, its rules, the default's rules, else a flag."""
    own = _check_or_canary_decision(policy, detection)
    if own is not None:
        return own
    for document, looked_at in _fallback_directions(policy, direction):
        fitting = [
            rule
            for rule in _rules_about(document, detection.kind, looked_at)
            if rule.detector in (None, detection.detector)
        ]
        reached = [rule for rule in fitting if _is_reached(rule, detection)]
        if reached:
            return PolicyDecision(reached[-1].action, reached[-1].shadow or policy.shadow, reached[-1])
        if fitting:
            break
    return PolicyDecision("flag" if detection.is_found else "allow", policy.shadow)


ACTIONS_BY_STRICTNESS: tuple[Action, ...] = ("allow", "flag", "mask", "pseudonymise", "block")


def strictest_action(actions: Iterable[Action]) -> Action:
    """The action that wins where several findings meet."""
    found = set(actions)
    for action in reversed(ACTIONS_BY_STRICTNESS):
        if action in found:
            return action
    return "allow"


def _check_or_canary_decision(policy: PolicyDocument, detection: Detection) -> PolicyDecision | None:
    """What a check, a canary or a missing scan does stands beside it, not in a rule."""
    if detection.kind == "UNSCANNED":
        return (
            PolicyDecision("block" if policy.when_unscanned == "block" else "flag", policy.shadow)
            if detection.is_found
            else PolicyDecision("allow")
        )
    for check in policy.checks:
        if check.name == detection.kind and check.type == detection.detector:
            return PolicyDecision(
                check.action if detection.is_found else "allow", check.shadow or policy.shadow
            )
    for canary in policy.canaries:
        if detection.kind == ("CANARY_LEAK" if canary.must == "not_leak" else "CANARY_MISSING"):
            return PolicyDecision(
                canary.action if detection.is_found else "allow", canary.shadow or policy.shadow
            )
    return None


def _fallback_directions(
    policy: PolicyDocument, direction: Direction
) -> Iterator[tuple[PolicyDocument, Direction]]:
    """A document that somebody else wrote is treated like the caller's text where no rule is made for it."""
    for document in (policy,) if policy is DEFAULT else (policy, DEFAULT):
        yield document, direction
        if direction == "indirect":
            yield document, "input"


def _rules_about(document: PolicyDocument, kind: str, direction: Direction) -> Sequence[Rule]:
    if document is DEFAULT:
        return _DEFAULT_RULES.get((kind, direction), ())
    return [rule for rule in document.rules if rule.kind == kind and rule.direction == direction]


def _is_reached(rule: Rule, detection: Detection) -> bool:
    """A rule without a threshold begins where the detector's own operating point is."""
    if rule.at is not None:
        return rule.at in detection.points
    return detection.score >= rule.at_least if rule.at_least else detection.is_found
