"""A metric: how many polite words an answer has."""

import re

from weir.plugins.metrics import EvaluatedAnswer, MetricDeclaration, MetricPlugin

_POLITE = re.compile(r"\b(?:please|thank you|thanks|welcome|kindly)\b", re.IGNORECASE)


def politeness(answer: EvaluatedAnswer) -> float | None:
    """Polite words in a hundred words; None for an answer without words."""
    words = len(answer.output.split())
    return 100 * len(_POLITE.findall(answer.output)) / words if words else None


METRIC = MetricPlugin(
    MetricDeclaration("politeness", "score", "polite words in a hundred words of the answer"), politeness
)
