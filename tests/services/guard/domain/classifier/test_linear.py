"""A linear logit is a weighted sum of features."""

import numpy as np
import pytest

from services.guard.domain.classifier.features import FeatureVector, features
from services.guard.domain.classifier.linear import LinearClassifier, long_share


def test_a_linear_logit_is_the_bias_and_the_weighted_sum() -> None:
    linear = LinearClassifier(
        ("one", "other"), np.array([[0.0, 2.0, -1.0], [1.0, 0.0, 0.0]], np.float32), np.array([0.5, -0.5])
    )
    assert linear.logits(FeatureVector(np.array([1, 2]), np.array([0.5, 0.25]))) == {
        "one": 0.5 + 1.0 - 0.25,
        "other": -0.5,
    }
    assert linear.logits(features("")) == {"one": 0.5, "other": -0.5}


@pytest.mark.parametrize(("chars", "share"), [(0, 0.0), (150, 0.0), (245, 0.5), (400, 1.0), (90_000, 1.0)])
def test_the_weights_for_long_texts_count_the_more_the_longer_a_text_is(chars: int, share: float) -> None:
    linear = LinearClassifier(
        ("attack", "other", "attack_long"), np.zeros((3, 1), np.float32), np.array([1.0, 5.0, 3.0])
    )

    logits = linear.logits_of_length(FeatureVector(np.array([0]), np.array([1.0])), chars)

    assert long_share(chars) == pytest.approx(share, abs=0.01)
    assert logits == {"attack": pytest.approx(1.0 + 2.0 * share, abs=0.02), "other": 5.0}
