"""The linear tier: a weighted sum of the hashed features of a text for each head."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.guard.domain.classifier.features import FeatureVector

LONG = "_long"
"""Ends the name of a head's weights for long texts, whose common words say less than those of a sentence."""
SHORT_CHARS, LONG_CHARS = 150, 400
"""Between these the logits of both weights are mixed."""


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """Weights of shape (heads, buckets), and a bias for each head."""

    names: Sequence[str]
    weights: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float64]

    def logits(self, features: FeatureVector) -> dict[str, float]:
        """The logit of each head; by sums, since the bits of a matrix product may depend on memory layout."""
        sums = (self.weights[:, features.buckets] * features.values).sum(axis=1)
        return dict(zip(self.names, (sums + self.biases).tolist(), strict=True))

    def logits_of_length(self, features: FeatureVector, chars: int) -> dict[str, float]:
        """The logit of each head for a text of this many characters."""
        logits, share = self.logits(features), long_share(chars)
        for name in self.names:
            if name.endswith(LONG):
                head, long_logit = name.removesuffix(LONG), logits.pop(name)
                logits[head] += share * (long_logit - logits[head])
        return logits


def long_share(chars: int) -> float:
    """How much the weights for long texts count: 0 for a sentence, 1 for a page."""
    return min(1.0, max(0.0, math.log(max(chars, 1) / SHORT_CHARS) / math.log(LONG_CHARS / SHORT_CHARS)))
