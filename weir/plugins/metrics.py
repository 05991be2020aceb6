"""For plug-ins that add a metric of answers (entry point group `weir.metrics`)."""

from schemas.metrics import MetricDeclaration, MetricUnit
from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measured, MetricPlugin, MetricValue

__all__ = ["EvaluatedAnswer", "Measured", "MetricDeclaration", "MetricPlugin", "MetricUnit", "MetricValue"]
