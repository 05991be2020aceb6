"""Decisions of an event become one verdict with a finding for each direction, detector and kind."""

from collections.abc import Sequence
from decimal import Decimal

from schemas.policies import PolicyDocument, Rule
from schemas.verdicts import Verdict
from services.guard.domain.detection import Detection, Span
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from services.guard.domain.verdict import decide_detections, most_expensive_tier, verdict_of

POLICY = PolicyDocument(
    name="acme", version=3, rules=(Rule(kind="SECRET", direction="input", action="block"),)
)
TEXT = DetectorInput(TextSegment("text"), normalise("text"))


def verdict(detections: Sequence[Detection], policy: PolicyDocument = POLICY) -> Verdict:
    context = ScreeningContext("input", policy)
    return verdict_of(decide_detections(TEXT, detections, context), context, "rules", (), Decimal(0))


def test_detections_of_one_kind_are_one_finding_with_the_highest_score() -> None:
    persons = [
        Detection("PERSON", "ner", score, Span(start, start + 1)) for start, score in enumerate((0.6, 0.9))
    ]

    (finding,) = verdict(persons).findings

    assert (finding.count, finding.score, finding.action, finding.tier) == (2, 0.9, "pseudonymise", None)


def test_a_score_below_its_operating_point_is_a_finding_that_is_not_counted() -> None:
    (finding,) = verdict([Detection("TOXICITY", "toxicity", 0.2, is_found=False, tier="linear")]).findings

    assert (finding.count, finding.is_found, finding.action, finding.tier) == (0, False, "allow", "linear")


def test_a_block_names_what_was_detected_and_a_shadow_policy_blocks_nothing() -> None:
    secret = [Detection("SECRET", "rules", 1.0, Span(0, 4))]

    blocked, shadow = verdict(secret), verdict(secret, POLICY.model_copy(update={"shadow": True}))

    assert (blocked.action, blocked.reason) == ("block", "SECRET found by rules (score 1.00)")
    assert (shadow.action, shadow.reason, shadow.findings[0].shadow) == ("allow", None, True)


def test_a_value_of_the_request_gets_its_placeholder_whatever_the_policy_says() -> None:
    allowing = PolicyDocument(name="acme", rules=(Rule(kind="PERSON", direction="input", action="allow"),))

    (finding,) = verdict([Detection("PERSON", "known-values", 1.0, Span(0, 4))], allowing).findings

    assert finding.action == "pseudonymise"


def test_spans_have_no_tier_and_rules_are_the_least() -> None:
    assert most_expensive_tier([None, "linear", "rules"]) == "linear"
    assert most_expensive_tier([None]) == "rules"
