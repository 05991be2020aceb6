"""Scores of a verdict: by subject, several texts by their highest, found apart from scored."""

import pytest

from schemas.detections import DETECTORS, KINDS
from schemas.scores import LABELS, LAYERS, SHIPPED_POINT, scores_of
from schemas.verdicts import Direction, Finding, Verdict


def finding(detector: str, kind: str, score: float, count: int = 1, *points: str) -> Finding:
    return Finding(detector=detector, kind=kind, count=count, score=score, action="flag", points=points)


def verdict(*findings: Finding, direction: Direction = "input") -> Verdict:
    return Verdict(
        direction=direction,
        action="allow",
        findings=findings,
        policy="default",
        policy_version=1,
        took_ms="1",  # pyright: ignore[reportArgumentType] - pydantic reads a decimal from text
    )


def test_every_label_is_a_kind_that_is_declared_and_every_layer_a_detector_of_injections() -> None:
    injection = {name for name, detector in DETECTORS.items() if "PROMPT_INJECTION" in detector.kinds}

    assert set(LABELS.values()) <= set(KINDS)
    assert set(LAYERS) == injection


def test_a_verdict_without_findings_scores_nothing() -> None:
    scores = scores_of(verdict())

    assert (scores.toxicity.score, scores.toxicity.flagged, scores.pii.kinds) == (0.0, False, ())
    assert set(scores.toxicity.labels.values()) == {0.0}
    assert (scores.secrets.flagged, scores.unscanned) == (False, 0.0)


def test_toxicity_is_flagged_from_the_shipped_operating_point_on_and_not_by_its_score() -> None:
    scores = scores_of(
        verdict(
            finding("toxicity", "TOXICITY", 0.4, 1, SHIPPED_POINT),
            finding("toxicity", "TOXICITY", 0.9, 1, "fpr_5%"),
            finding("toxicity", "THREAT", 0.8, 1, "fpr_5%"),
            finding("toxicity", "INSULT", 0.3, 1, SHIPPED_POINT),
        )
    )

    assert (scores.toxicity.score, scores.toxicity.flagged) == (0.9, True)
    assert (scores.toxicity.labels["threat"], scores.toxicity.flagged_labels) == (0.8, ("insult",))


def test_each_layer_of_injection_has_its_highest_score() -> None:
    scores = scores_of(
        verdict(
            finding("injection", "PROMPT_INJECTION", 0.2),
            finding("injection", "PROMPT_INJECTION", 0.7),
            finding("injection-phrases", "PROMPT_INJECTION", 0.5, 1, SHIPPED_POINT),
        )
    )

    assert scores.injection is not None
    assert dict(scores.injection.layers) == {"model": 0.7, "phrases": 0.5}
    assert (scores.injection.score, scores.injection.flagged) == (0.7, True)


@pytest.mark.parametrize(
    ("direction", "has_scores"), [("input", True), ("indirect", True), ("output", False)]
)
def test_an_answer_has_no_injection_scores(direction: Direction, *, has_scores: bool) -> None:
    assert (scores_of(verdict(direction=direction)).injection is not None) == has_scores


def test_personal_data_counts_where_a_place_was_found_and_public_kinds_only_by_name() -> None:
    scores = scores_of(
        verdict(
            finding("rules", "EMAIL_ADDRESS", 0.9, 2),
            finding("ner", "PERSON", 0.95, 0),
            finding("ner", "LOCATION", 0.99, 1),
            finding("rules", "SECRET", 0.6, 1),
            finding("guard", "UNSCANNED", 0.25, 1),
        )
    )

    assert (scores.pii.score, scores.pii.flagged, scores.pii.kinds) == (
        0.9,
        True,
        ("EMAIL_ADDRESS", "LOCATION"),
    )
    assert (scores.secrets.score, scores.secrets.flagged, scores.unscanned) == (0.6, True, 0.25)
