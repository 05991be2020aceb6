"""The linear tier: a weighted sum of the hashed features of a text for each head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.guard.domain.classifier.features import FeatureVector


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
