"""A replay gives the effect that the guard would have had on the same texts, or `unknown`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.detections import Point
from schemas.policies import PolicyDocument, Rule
from schemas.verdicts import Action, Direction, Finding, Verdict
from services.guard.domain.detection import Detection, Span
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import (
    DetectorInput,
    ScreeningContext,
    TextSegment,
)
from services.guard.domain.verdict import decide_detections, verdict_of
from weir.policies.replay import (
    Effect,
    FindingReplay,
    ReplayedDecision,
    StoredFinding,
    completion_effect,
    verdict_effect,
)

POINTS: tuple[Point, ...] = tuple(reversed(get_args(Point)))
ACTIONS: tuple[Action, ...] = get_args(Action)
INCOMING: tuple[Direction, ...] = ("input", "indirect")
SCORES = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
RULES = st.builds(
    lambda threshold, **fields: Rule.model_validate({**fields, **threshold}),
    st.one_of(
        st.just({}),
        st.builds(lambda at: {"at": at}, st.sampled_from(POINTS)),
        st.builds(lambda score: {"at_least": score}, SCORES),
    ),
    kind=st.sampled_from(("PERSON", "TOXICITY")),
    direction=st.sampled_from(INCOMING),
    action=st.sampled_from(ACTIONS),
    shadow=st.booleans(),
)
POLICIES = st.builds(
    lambda rules: PolicyDocument(name="acme", rules=tuple(rules)), st.lists(RULES, max_size=6)
)


def toxicity(score: float) -> Detection:
    """A model whose points lie at 0.3, 0.5 and 0.9, and which takes the second for its own."""
    points = tuple(
        point for point, threshold in zip(POINTS, (0.3, 0.5, 0.9), strict=True) if score >= threshold
    )
    return Detection("TOXICITY", "toxicity", score, is_found=score >= 0.5, points=points, tier="model")


DETECTIONS = st.builds(
    lambda scores, toxic: [
        *(Detection("PERSON", "ner", score, Span(0, 1)) for score in scores),
        *(toxicity(score) for score in toxic),
    ],
    st.lists(SCORES, max_size=3),
    st.lists(SCORES, max_size=1),
)
TEXTS = st.lists(st.tuples(st.sampled_from(INCOMING), DETECTIONS), min_size=1, max_size=3)


def verdict(policy: PolicyDocument, texts: Sequence[tuple[Direction, Sequence[Detection]]]) -> Verdict:
    context = ScreeningContext("input", policy)
    decided = [
        detection
        for direction, detections in texts
        for detection in decide_detections(
            DetectorInput(TextSegment("x", direction), normalise("x")), detections, context
        )
    ]
    return verdict_of(decided, context, "model", (), Decimal(0))


def stored(finding: Finding, *, has_points: bool = True) -> StoredFinding:
    is_many = finding.count > 1 or finding.tier is not None
    points = finding.points if has_points else None
    return StoredFinding(
        finding.direction or "input",
        finding.detector,
        finding.kind,
        finding.score,
        bool(finding.is_found),
        points,
        is_many,
    )


def replayed(policy: PolicyDocument, findings: Sequence[Finding], *, has_points: bool = True) -> Effect:
    again = FindingReplay(policy)
    return verdict_effect(
        (again.of(stored(finding, has_points=has_points)) for finding in findings), is_cut_short=False
    )


@pytest.mark.slow
@settings(max_examples=500)
@given(POLICIES, POLICIES, TEXTS, st.booleans())
def test_a_replay_is_what_the_guard_would_have_done_or_unknown(
    old: PolicyDocument,
    new: PolicyDocument,
    texts: Sequence[tuple[Direction, Sequence[Detection]]],
    has_points: bool,
) -> None:
    effect = replayed(new, verdict(old, texts).findings, has_points=has_points)

    event("unknown" if effect == "unknown" else "known")

    assert effect in (verdict(new, texts).action, "unknown")


@given(POLICIES, TEXTS)
def test_rules_that_grow_with_the_score_leave_nothing_unknown(
    old: PolicyDocument, texts: Sequence[tuple[Direction, Sequence[Detection]]]
) -> None:
    growing = PolicyDocument(
        name="acme",
        rules=tuple(
            rule
            for kind in ("PERSON", "TOXICITY")
            for rule in (
                Rule(kind=kind, direction="input", action="mask", at_least=0.3),
                Rule(kind=kind, direction="input", action="block", at_least=0.7),
            )
        ),
    )

    assert replayed(growing, verdict(old, texts).findings) == verdict(growing, texts).action


def test_points_that_were_never_stored_are_not_guessed() -> None:
    block = PolicyDocument(
        name="acme", rules=(Rule(kind="TOXICITY", direction="input", action="block", at="fpr_1%"),)
    )

    known, old = (
        StoredFinding("input", "toxicity", "TOXICITY", 0.6, True, points, False)
        for points in (("fpr_5%", "fpr_1%"), None)
    )

    assert [FindingReplay(block).of(finding).effect for finding in (known, old)] == ["block", "unknown"]
    assert FindingReplay(PolicyDocument(name="acme")).of(old).effect == "allow"


def test_the_reason_names_the_rule_and_whose_it_is() -> None:
    again = FindingReplay(
        PolicyDocument(name="acme", rules=(Rule(kind="SECRET", direction="input", action="block"),))
    )

    secret, mail, other = (
        StoredFinding("input", "rules", kind, 1.0, True, (), False)
        for kind in ("SECRET", "EMAIL_ADDRESS", "NEW")
    )

    assert again.of(secret) == ReplayedDecision("block", "rules.0: input SECRET: block")
    assert again.of(mail) == ReplayedDecision("modify", "default: input EMAIL_ADDRESS: pseudonymise")
    assert again.of(other).because.startswith("no rule")


@pytest.mark.parametrize(
    ("effects", "is_cut_short", "expected"),
    [
        ([], False, "allow"),
        ([], True, "unknown"),
        (["modify", "unknown"], False, "unknown"),
        (["unknown", "block"], True, "block"),
        (["allow", "modify"], False, "modify"),
    ],
)
def test_a_verdict_is_known_where_nothing_that_is_missing_could_change_it(
    effects: list[Effect], is_cut_short: bool, expected: Effect
) -> None:
    assert (
        verdict_effect([ReplayedDecision(effect, "") for effect in effects], is_cut_short=is_cut_short)
        == expected
    )


def test_a_completion_is_blocked_by_either_verdict() -> None:
    cases: list[tuple[Effect, ...]] = [(), ("allow", "modify"), ("unknown", "modify"), ("unknown", "block")]

    assert [completion_effect(effects) for effects in cases] == ["allow", "modify", "unknown", "block"]
