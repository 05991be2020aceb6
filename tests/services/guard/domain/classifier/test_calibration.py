"""Both tiers add up to one calibrated score; points and early ends follow from it and from nothing else."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdicts import Direction
from services.guard.domain.classifier.calibration import (
    SUB_KINDS,
    ClassifierHead,
    EncoderLogits,
    LinearThresholds,
    fused_scores,
    heads_for,
    linear_scores,
    max_logits,
    sigmoid,
)

POINTS: Mapping[str, float] = {"fpr_0.1%": 0.9, "fpr_1%": 0.6, "fpr_5%": 0.4}
HEAD = ClassifierHead(
    encoder=1.0,
    linear=1.0,
    bias=0.0,
    points=POINTS,
    default="fpr_1%",
    clear=LinearThresholds(below=0.1, above=0.99, slope=1.0, bias=0.0),
)
HEADS = {"toxicity": HEAD, "injection": HEAD, "indirect": HEAD}
LOGIT = st.floats(-30, 30)
CALM = {"toxicity": -5.0, "injection": -5.0, "indirect": -5.0}


def logits(
    toxic: float = -5.0, injection: float = -5.0, indirect: float = -5.0, **kinds: float
) -> EncoderLogits:
    return EncoderLogits(
        {"toxic": toxic, **{label: kinds.get(label, -5.0) for label in SUB_KINDS}}, injection, indirect
    )


@given(st.floats(allow_nan=False))
def test_a_probability_is_one_for_any_logit(logit: float) -> None:
    assert 0.0 <= sigmoid(logit) <= 1.0
    assert math.isclose(sigmoid(logit) + sigmoid(-logit), 1.0)


@pytest.mark.parametrize(
    ("score", "points", "is_found"),
    [
        (0.39, (), False),
        (0.4, ("fpr_5%",), False),
        (0.6, ("fpr_5%", "fpr_1%"), True),
        (0.95, ("fpr_5%", "fpr_1%", "fpr_0.1%"), True),
    ],
)
def test_a_score_reaches_its_points_and_is_found_from_the_shipped_one_on(
    score: float, points: tuple[str, ...], is_found: bool
) -> None:
    signal = HEAD.detection("toxicity", "TOXICITY", score, "model")
    assert (signal.points, signal.is_found) == (points, is_found)


@pytest.mark.parametrize(
    ("direction", "kinds"), [("output", {"TOXICITY"}), ("input", {"TOXICITY", "PROMPT_INJECTION"})]
)
def test_an_answer_attacks_nobody(direction: Direction, kinds: set[str]) -> None:
    signals = fused_scores(HEADS, heads_for(direction), CALM, logits())
    assert {signal.kind for signal in signals} == kinds | set(SUB_KINDS.values())


@given(LOGIT, LOGIT)
def test_a_document_counts_by_the_worse_of_both_ways_to_attack(direct: float, indirect: float) -> None:
    both = fused_scores(HEADS, heads_for("indirect"), CALM, logits(injection=direct, indirect=indirect))[-1]
    caller = fused_scores(HEADS, heads_for("input"), CALM, logits(injection=direct, indirect=indirect))[-1]
    assert both.score == max(round(sigmoid(direct - 5.0), 4), round(sigmoid(indirect - 5.0), 4))
    assert caller.score == round(sigmoid(direct - 5.0), 4)


@given(LOGIT, LOGIT, LOGIT)
def test_a_kind_of_toxicity_never_scores_above_the_whole(toxic: float, insult: float, linear: float) -> None:
    found = {
        one.kind: one
        for one in fused_scores(HEADS, ("toxicity",), {"toxicity": linear}, logits(toxic, insult=insult))
    }
    assert found["INSULT"].score <= found["TOXICITY"].score
    assert set(found["INSULT"].points) <= set(found["TOXICITY"].points)


@pytest.mark.parametrize(
    ("toxicity", "injection", "is_clear"),
    [(-5.0, -5.0, True), (-5.0, 0.0, False), (0.0, -5.0, False), (-5.0, 9.0, True), (9.0, -5.0, False)],
)
def test_the_encoder_is_spared_only_where_every_head_is_clear_and_no_kind_is_left_to_name(
    toxicity: float, injection: float, is_clear: bool
) -> None:
    signals = linear_scores(HEADS, ("toxicity", "injection"), {"toxicity": toxicity, "injection": injection})
    assert (signals is not None) == is_clear
    assert {signal.tier for signal in signals or ()} <= {"linear"}


def test_without_bounds_the_linear_tier_never_decides_alone() -> None:
    heads = {**HEADS, "injection": ClassifierHead(1.0, 1.0, 0.0, POINTS, "fpr_1%")}
    assert linear_scores(heads, ("toxicity", "injection"), CALM) is None


@given(st.lists(st.tuples(LOGIT, LOGIT, LOGIT), min_size=1, max_size=5))
def test_the_worst_window_counts_for_each_head_by_itself(found: list[tuple[float, float, float]]) -> None:
    worst = max_logits([logits(*one) for one in found])
    assert (worst.toxicity["toxic"], worst.injection, worst.indirect) == tuple(
        max(column) for column in zip(*found, strict=True)
    )
