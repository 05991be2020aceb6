"""The settings of the evaluator: metrics that an HTTP address measures."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from schemas.addresses import PrivateUrl
from schemas.bounds import Explanation
from schemas.metrics import METRICS, MetricUnit
from schemas.registry import BUILT_IN, ID_PATTERN
from streaming.settings import StreamSettings

MAX_HTTP_METRICS = 32


class HttpMetricSettings(BaseModel):
    """A metric that is measured by a POST to `url`; answers leave Weir for it, so it is https or loopback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(max_length=64, pattern=ID_PATTERN)]
    url: PrivateUrl
    timeout_s: float = Field(default=2.0, gt=0, le=30, allow_inf_nan=False)
    unit: MetricUnit = "score"
    meaning: Explanation = ""


def _ids_differ(metrics: tuple[HttpMetricSettings, ...]) -> tuple[HttpMetricSettings, ...]:
    ids = [metric.id for metric in metrics]
    if twice := sorted({key for key in ids if ids.count(key) > 1}):
        msg = f"two metrics have the id '{twice[0]}': an evaluation holds each metric once"
        raise ValueError(msg)
    if taken := [key for key in ids if key in METRICS and METRICS.source_of(key) == BUILT_IN]:
        msg = f"'{taken[0]}' is a metric of Weir's own: choose another id"
        raise ValueError(msg)
    return metrics


HttpMetrics = Annotated[
    tuple[HttpMetricSettings, ...], Field(max_length=MAX_HTTP_METRICS), AfterValidator(_ids_differ)
]


class EvaluatorSettings(StreamSettings):
    """`evaluator_http_metrics` is a JSON list: `[{"id": "politeness", "url": "http://127.0.0.1:9000/politeness"}]`."""

    evaluator_http_metrics: HttpMetrics = ()
