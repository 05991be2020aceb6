"""The metrics that the evaluator measures of each answer: their ids, units and meaning."""

from dataclasses import dataclass
from typing import Literal

from schemas.registry import Registry

MetricUnit = Literal["claim", "share", "count", "score", "seconds"]
"""`claim` is 0 or 1, `share` lies between 0 and 1, `score` has a scale of the metric's own."""


@dataclass(frozen=True, slots=True)
class MetricDeclaration:
    """A metric of an answer; its value is NULL where it does not apply or could not be measured."""

    id: str
    unit: MetricUnit
    meaning: str


METRICS: Registry[MetricDeclaration] = Registry(
    "metric",
    (
        MetricDeclaration("refusal", "claim", "the model declines to answer"),
        MetricDeclaration("empty", "claim", "the answer has no character but white space"),
        MetricDeclaration("cut_off", "claim", "the answer ended at the token limit"),
        MetricDeclaration(
            "json_valid", "claim", "the answer is valid JSON; only where the prompt asks for JSON"
        ),
        MetricDeclaration("language_match", "claim", "question and answer are in one language"),
        MetricDeclaration("output_chars", "count", "characters of the answer"),
        MetricDeclaration("output_words", "count", "words of the answer, separated by white space"),
    ),
)
