"""The linear tier: a weighted sum of a text's hashed features for each head, microseconds instead of milliseconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each bucket, and the bias."""

    of: Sequence[float]
    bias: float

    def logit(self, features: Mapping[int, float]) -> float:
        """What the head makes of a text with these features."""
        return self.bias + sum(map(mul, features.values(), map(self.of.__getitem__, features)))
