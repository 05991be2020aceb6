"""Decides a detection by the policy: its last matching rule, else the default policy's, else a flag."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from schemas.checks import AnyCheck
from schemas.detections import PERSONAL_KINDS, PUBLIC_KINDS, Point, is_personal
from schemas.policies import Canary, PolicyDocument, Rule
from schemas.verdicts import Action, Direction
from services.guard.domain.detection import PROMPT_INJECTION, UNSCANNED, Detection

NAMED_IN_ANSWERS = frozenset({"PERSON", "ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "DATE_OF_BIRTH"})
LIKE_ANY_PERSONAL = "GOVERNMENT_ID"
"""The built-in kind whose default rules hold for the personal kinds of plug-ins too."""
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
        Rule(kind=PROMPT_INJECTION, direction="input", action="flag", at=FLAG_FROM),
        Rule(kind=PROMPT_INJECTION, direction="input", action="block", at=BLOCK_FROM),
        Rule(kind=PROMPT_INJECTION, direction="indirect", action="flag", at=FLAG_FROM),
        Rule(kind=PROMPT_INJECTION, direction="indirect", action="mask", at=BLOCK_FROM),
        Rule(kind="PROMPT_LEAK", direction="output", action="block"),
    ),
)


# The default policy has a rule for each kind and is used for every detection, so its rules are indexed.
_DEFAULT_RULES = {
    key: tuple(rules)
    for key, rules in groupby(
        sorted(DEFAULT.rules, key=lambda rule: (rule.kind, rule.direction)),
        key=lambda rule: (rule.kind, rule.direction),
    )
}


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """The action for a detection; in shadow mode it is only recorded."""

    action: Action
    shadow: bool = False
    rule: Rule | None = field(default=None, compare=False, repr=False)
    """The rule that decided, of the policy or of the default policy; None where no rule did."""


def decide(policy: PolicyDocument, detection: Detection, direction: Direction) -> PolicyDecision:
    """Decide by the policy's check or canary, else its rules, else the default policy's, else a flag."""
    without_rule = _check_or_canary_decision(policy, detection)
    if without_rule is not None:
        return without_rule
    for document, rule_direction in _fallback_directions(policy, direction):
        matching = [
            rule
            for rule in _rules_about(document, detection.kind, rule_direction)
            if rule.detector in (None, detection.detector)
        ]
        reached = [rule for rule in matching if _is_reached(rule, detection)]
        if reached:
            return PolicyDecision(reached[-1].action, reached[-1].shadow or policy.shadow, reached[-1])
        if matching:
            break
    return PolicyDecision("flag" if detection.is_found else "allow", policy.shadow)


ACTIONS_BY_STRICTNESS: tuple[Action, ...] = ("allow", "flag", "mask", "pseudonymise", "block")


def strictest_action(actions: Iterable[Action]) -> Action:
    """The strictest of the actions; `allow` if there are no actions."""
    present = set(actions)
    for action in reversed(ACTIONS_BY_STRICTNESS):
        if action in present:
            return action
    return "allow"


def _check_or_canary_decision(policy: PolicyDocument, detection: Detection) -> PolicyDecision | None:
    """The decision about a check, a canary or an unscanned text; None for kinds that have rules."""
    if detection.kind == UNSCANNED.kind:
        action: Action = "block" if policy.when_unscanned == "block" else "flag"
        return PolicyDecision(action, policy.shadow) if detection.is_found else PolicyDecision("allow")
    own = next(_checks_and_canaries_of(policy, detection), None)
    if own is None:
        return None
    return PolicyDecision(own.action if detection.is_found else "allow", own.shadow or policy.shadow)


def _checks_and_canaries_of(policy: PolicyDocument, detection: Detection) -> Iterator[AnyCheck | Canary]:
    """The policy's checks and canaries that a detection comes from."""
    for check in policy.checks:
        if check.name == detection.kind and check.type == detection.detector:
            yield check
    for canary in policy.canaries:
        if detection.kind == ("CANARY_LEAK" if canary.must == "not_leak" else "CANARY_MISSING"):
            yield canary


def _fallback_directions(
    policy: PolicyDocument, direction: Direction
) -> Iterator[tuple[PolicyDocument, Direction]]:
    """The policies and directions to search for rules, in order; for a document, `indirect`, then `input`."""
    for document in (policy,) if policy is DEFAULT else (policy, DEFAULT):
        yield document, direction
        if direction == "indirect":
            yield document, "input"


def _rules_about(document: PolicyDocument, kind: str, direction: Direction) -> Sequence[Rule]:
    if document is DEFAULT:
        # A plug-in's personal kind is treated as a built-in one that nothing is known about.
        known = (kind, direction) in _DEFAULT_RULES or not is_personal(kind)
        return _DEFAULT_RULES.get((kind if known else LIKE_ANY_PERSONAL, direction), ())
    return [rule for rule in document.rules if rule.kind == kind and rule.direction == direction]


def _is_reached(rule: Rule, detection: Detection) -> bool:
    """Whether a detection reaches a rule; without a threshold this is the detector's own operating point."""
    if rule.at is not None:
        return rule.at in detection.points
    return detection.score >= rule.at_least if rule.at_least else detection.is_found
