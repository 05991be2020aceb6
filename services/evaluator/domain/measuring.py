"""Measures an answer by every built-in metric, in the order of their declarations."""

from collections.abc import Mapping
from functools import cache
from typing import cast

from pydantic import ValidationError

from schemas.metrics import METRICS
from schemas.quality import Metric
from schemas.registry import BUILT_IN, implementations
from services.evaluator.domain import metrics
from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure, Measured, MetricValue

VERSION = 1
"""Stored with every evaluation: a metric that comes to mean something else needs the next number."""


@cache
def built_in_measures() -> Mapping[str, Measure]:
    """Every built-in metric by id."""
    found = implementations(metrics, "MEASURES")
    return {key: found[key] for key in METRICS if METRICS.source_of(key) == BUILT_IN}


def measure(answer: EvaluatedAnswer) -> tuple[Metric, ...]:
    """Every built-in metric; they use no model and no clock, so a redelivered answer measures the same."""
    return tuple(metric(key, function(answer)) for key, function in built_in_measures().items())


def metric(key: str, value: MetricValue) -> Metric:
    """A metric as it is stored; raises pydantic's ValidationError for a value or a label out of bounds."""
    if isinstance(value, Measured):
        return Metric(name=key, value=value.value, label=value.label)
    return Metric(name=key, value=None if value is None else float(value))


class InvalidMetricError(ValueError):
    """Outside code returned what cannot be stored; the message holds nothing of the answer."""


def outside_metric(key: str, value: object) -> Metric:
    """A metric of outside code; raises InvalidMetricError for what is no bounded number, bool or None."""
    number = value.value if isinstance(value, Measured) else value
    label = value.label if isinstance(value, Measured) else None
    if number is not None and type(number) not in {int, float, bool}:
        raise InvalidMetricError(f"a {type(number).__name__} is no value of a metric")
    try:
        return Metric(name=key, value=cast("float | None", number), label=label)
    except ValidationError:
        raise InvalidMetricError("a value or a label out of bounds") from None
