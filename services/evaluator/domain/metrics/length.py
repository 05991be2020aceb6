"""How long an answer is."""

from collections.abc import Mapping
from types import MappingProxyType

from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure


def output_chars(answer: EvaluatedAnswer) -> float:
    """The number of characters of the answer."""
    return float(len(answer.output))


def output_words(answer: EvaluatedAnswer) -> float:
    """The number of words of the answer, separated by white space."""
    return float(len(answer.output.split()))


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {"output_chars": output_chars, "output_words": output_words}
)
