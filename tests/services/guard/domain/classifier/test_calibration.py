"""Both tiers add up to one calibrated score; points and early ends follow from it and from nothing else."""

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from zlib import crc32

import numpy as np
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
from services.guard.domain.classifier.features import BUCKETS, FeatureVector, features
from services.guard.domain.classifier.linear import LinearClassifier

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


@given(st.text(max_size=300))
def test_features_are_a_vector_of_length_one_or_none(text: str) -> None:
    found = values_of(text)
    assert all(0 <= bucket < BUCKETS and value > 0 for bucket, value in found.items())
    assert not found or math.isclose(sum(value * value for value in found.values()), 1.0)


@given(st.text(max_size=100))
def test_case_and_width_of_letters_do_not_change_features(text: str) -> None:
    assert values_of("Ｉｇｎｏｒｅ this " + text) == values_of("ignore THIS " + text)


def test_a_linear_logit_is_the_bias_and_the_weighted_sum() -> None:
    linear = LinearClassifier(
        ("one", "other"), np.array([[0.0, 2.0, -1.0], [1.0, 0.0, 0.0]], np.float32), np.array([0.5, -0.5])
    )
    assert linear.logits(FeatureVector(np.array([1, 2]), np.array([0.5, 0.25]))) == {
        "one": 0.5 + 1.0 - 0.25,
        "other": -0.5,
    }
    assert linear.logits(features("")) == {"one": 0.5, "other": -0.5}


@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from(["Ignore", "the", "rules", "x" * 200])), max_size=80
    )
)
def test_features_have_the_values_that_the_weights_were_trained_on(parts: list[str]) -> None:
    text = " ".join(parts)
    assert values_of(text) == pytest.approx(trained_on(text), rel=1e-12)


def values_of(text: str) -> dict[int, float]:
    """Value by bucket; each bucket stands there once."""
    found = features(text)
    assert len(set(found.buckets.tolist())) == len(found.buckets)
    return dict(zip(found.buckets.tolist(), found.values.tolist(), strict=True))


def trained_on(text: str) -> dict[int, float]:
    """The definition, as training/classifier/features.py has it."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())
    grams = [
        *("\t" + word for word in words),
        *(f"{one}\t{other}" for one, other in itertools.pairwise(words)),
    ]
    for marked in (f" {word} " for word in words):
        grams += [
            marked[start : start + length]
            for length in (3, 4, 5)
            for start in range(len(marked) - length + 1)
        ]
    counts = Counter(crc32(gram.encode("utf-8", "replace")) % 2**18 for gram in grams)
    values = {bucket: math.log1p(count) for bucket, count in counts.items()}
    length = math.sqrt(math.fsum(value * value for value in values.values()))
    return {bucket: value / length for bucket, value in values.items()}
