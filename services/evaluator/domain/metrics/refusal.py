"""Whether a model refused to answer."""

from collections.abc import Mapping
from types import MappingProxyType

from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure
from services.evaluator.domain.refusals import is_refusal


def refusal(answer: EvaluatedAnswer) -> bool:
    """Whether the answer begins with a refusal phrase in one of the supported languages."""
    return is_refusal(answer.output)


MEASURES: Mapping[str, Measure] = MappingProxyType({"refusal": refusal})
