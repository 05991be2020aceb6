"""A linear logit is a weighted sum of features."""

import numpy as np

from services.guard.domain.classifier.features import FeatureVector, features
from services.guard.domain.classifier.linear import LinearClassifier


def test_a_linear_logit_is_the_bias_and_the_weighted_sum() -> None:
    linear = LinearClassifier(
        ("one", "other"), np.array([[0.0, 2.0, -1.0], [1.0, 0.0, 0.0]], np.float32), np.array([0.5, -0.5])
    )
    assert linear.logits(FeatureVector(np.array([1, 2]), np.array([0.5, 0.25]))) == {
        "one": 0.5 + 1.0 - 0.25,
        "other": -0.5,
    }
    assert linear.logits(features("")) == {"one": 0.5, "other": -0.5}
