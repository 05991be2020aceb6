"""Whether an answer is empty, and whether it was cut off at its token limit."""

from collections.abc import Mapping
from types import MappingProxyType

from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure


def empty(answer: EvaluatedAnswer) -> bool:
    """Whether the answer is empty or only white space."""
    return not answer.output.strip()


def cut_off(answer: EvaluatedAnswer) -> bool:
    """Whether the answer was cut off at its token limit."""
    return answer.finish_reason == "length"


MEASURES: Mapping[str, Measure] = MappingProxyType({"empty": empty, "cut_off": cut_off})
