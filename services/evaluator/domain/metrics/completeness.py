"""Whether an answer is there at all, and whether it ends where the model wanted it to."""

from collections.abc import Mapping
from types import MappingProxyType

from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure


def empty(answer: EvaluatedAnswer) -> bool:
    """Whether it has no character but white space."""
    return not answer.output.strip()


def cut_off(answer: EvaluatedAnswer) -> bool:
    """Whether it ended at its token limit."""
    return answer.finish_reason == "length"


MEASURES: Mapping[str, Measure] = MappingProxyType({"empty": empty, "cut_off": cut_off})
