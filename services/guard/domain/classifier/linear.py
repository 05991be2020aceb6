"""The linear tier: a weighted sum of a text's hashed features for each head, microseconds instead of milliseconds."""

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
        """What each head makes of a text with these features; a sum and no product of matrices, whose bits may depend on where they lie."""
        sums = (self.weights[:, features.buckets] * features.values).sum(axis=1)
        return dict(zip(self.names, (sums + self.biases).tolist(), strict=True))
