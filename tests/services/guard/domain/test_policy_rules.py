"""Decisions of a policy, compared with a second, slower implementation; and shadow, which has no effect."""

from dataclasses import replace
from decimal import Decimal
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from schemas.checks import LengthCheck
from schemas.detections import Point
from schemas.policies import Canary, PolicyDocument, Rule
from schemas.verdicts import Action, Direction
from services.guard.domain.detection import Detection
from services.guard.domain.policy import DEFAULT, PolicyDecision, decide
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import (
    DetectorInput,
    ScreeningContext,
    TextSegment,
)
from services.guard.domain.verdict import decide_detections, is_blocked, verdict_of

KINDS = ("PERSON", "SECRET", "PROMPT_INJECTION", "TOXICITY", "PROMPT_LEAK")
DETECTORS = ("rules", "ner", "injection", "toxicity", "leak")
POINTS: tuple[Point, ...] = get_args(Point)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ACTIONS: tuple[Action, ...] = get_args(Action)
SCORES = st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])

THRESHOLDS = st.one_of(
    st.just({}),
    st.builds(lambda at: {"at": at}, st.sampled_from(POINTS)),
    st.builds(lambda score: {"at_least": score}, SCORES),
)
RULES = st.builds(
    lambda threshold, **fields: Rule.model_validate({**fields, **threshold}),
    THRESHOLDS,
    kind=st.sampled_from(KINDS),
    direction=st.sampled_from(DIRECTIONS),
    action=st.sampled_from(ACTIONS),
    detector=st.none() | st.sampled_from(DETECTORS),
    shadow=st.booleans(),
)
POLICIES = st.builds(
    lambda rules, shadow: PolicyDocument(name="acme", rules=tuple(rules), shadow=shadow),
    st.lists(RULES, max_size=8),
    st.booleans(),
)
EVIDENCE = st.builds(
    Detection,
    detector=st.sampled_from(DETECTORS),
    kind=st.sampled_from(KINDS),
    score=SCORES,
    is_found=st.booleans(),
    points=st.lists(st.sampled_from(POINTS), unique=True).map(tuple),
)


def said(rules: tuple[Rule, ...], evidence: Detection, direction: Direction) -> tuple[bool, Rule | None]:
    """Whether rules speak of it at all, and the last that it reaches."""
    speaks, last = False, None
    for rule in rules:
        if (
            rule.kind != evidence.kind
            or rule.direction != direction
            or (rule.detector and rule.detector != evidence.detector)
        ):
            continue
        speaks = True
        if rule.at:
            is_reached = rule.at in evidence.points
        elif rule.at_least > 0:
            is_reached = evidence.score >= rule.at_least
        else:
            is_reached = evidence.is_found
        if is_reached:
            last = rule
    return speaks, last


def stated(policy: PolicyDocument, evidence: Detection, direction: Direction) -> PolicyDecision:
    """The rules of policies.md, sentence by sentence."""
    for rules in (policy.rules, DEFAULT.rules):
        for looked_at in ("indirect", "input") if direction == "indirect" else (direction,):
            speaks, last = said(rules, evidence, looked_at)
            if last is not None:
                return PolicyDecision(last.action, last.shadow or policy.shadow)
            if speaks:
                return PolicyDecision("flag" if evidence.is_found else "allow", policy.shadow)
    return PolicyDecision("flag" if evidence.is_found else "allow", policy.shadow)


@given(POLICIES, EVIDENCE, st.sampled_from(DIRECTIONS))
def test_the_last_rule_that_fits_decides_then_input_s_for_a_document_then_the_default_s(
    policy: PolicyDocument, evidence: Detection, direction: Direction
) -> None:
    decision = decide(policy, evidence, direction)
    assert decision == stated(policy, evidence, direction)
    assert decision.rule is None or decision.rule in (*policy.rules, *DEFAULT.rules)


@given(POLICIES, st.lists(EVIDENCE, max_size=5), st.sampled_from(DIRECTIONS))
def test_a_policy_in_shadow_changes_and_blocks_nothing(
    policy: PolicyDocument, evidence: list[Detection], direction: Direction
) -> None:
    watching = policy.model_copy(update={"shadow": True})
    text = DetectorInput(TextSegment("text", direction), normalise("text"))
    case = ScreeningContext("output" if direction == "output" else "input", watching)
    judged = decide_detections(text, evidence, case)
    verdict = verdict_of(judged, case, "rules", (), Decimal(0))
    assert (is_blocked(judged), any(one.redacts for one in judged), verdict.action) == (False, False, "allow")
    assert all(finding.shadow for finding in verdict.findings)


@given(POLICIES, EVIDENCE, st.sampled_from(DIRECTIONS))
def test_a_rule_put_last_for_exactly_this_evidence_decides(
    policy: PolicyDocument, evidence: Detection, direction: Direction
) -> None:
    sure = replace(evidence, is_found=True)
    last = Rule(kind=evidence.kind, direction=direction, action="mask", detector=evidence.detector)
    changed = policy.model_copy(update={"rules": (*policy.rules, last)})
    assert decide(changed, sure, direction) == PolicyDecision("mask", policy.shadow)


def test_what_was_not_found_is_allowed_where_no_threshold_is_named() -> None:
    quiet = Detection("PROMPT_LEAK", "leak", 0.1, is_found=False)
    assert decide(DEFAULT, quiet, "output").action == "allow"
    assert decide(DEFAULT, Detection("PROMPT_LEAK", "leak", 0.8, is_found=True), "output").action == "block"


def test_a_rule_for_one_detector_leaves_the_others_to_the_default() -> None:
    policy = PolicyDocument(
        name="acme", rules=(Rule(kind="SECRET", direction="input", action="block", detector="rules"),)
    )
    assert decide(policy, Detection("SECRET", "rules", 1.0, is_found=True), "input").action == "block"
    assert decide(policy, Detection("SECRET", "ner", 1.0, is_found=True), "input").action == "mask"


def test_checks_canaries_and_missing_scans_act_only_where_they_fail() -> None:
    policy = PolicyDocument(
        name="acme",
        when_unscanned="allow",
        checks=(LengthCheck(name="short", at_most=9),),
        canaries=(Canary(must="not_leak"), Canary(must="appear", action="flag", shadow=True)),
    )
    cases = [
        ("short", "length"),
        ("CANARY_LEAK", "canary"),
        ("CANARY_MISSING", "canary"),
        ("UNSCANNED", "guard"),
        ("short", "regex"),
    ]
    assert [decide(policy, Detection(*case, 1.0, is_found=True), "output") for case in cases] == [
        PolicyDecision("block"),
        PolicyDecision("block"),
        PolicyDecision("flag", shadow=True),
        PolicyDecision("flag"),
        PolicyDecision("flag"),
    ]
    assert {decide(policy, Detection(*case, 0.0, is_found=False), "output").action for case in cases} == {
        "allow"
    }
    assert decide(DEFAULT, Detection("UNSCANNED", "guard", 1.0, is_found=True), "input").action == "block"
