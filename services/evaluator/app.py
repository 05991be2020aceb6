"""The composition root of the evaluator."""

import asyncio

from schemas.metrics import METRICS, MetricDeclaration
from schemas.outcomes import Completion
from schemas.plugins import METRICS as METRIC_PLUGINS
from schemas.plugins import load_plugins
from schemas.quality import Feedback
from services.evaluator.adapters.clickhouse_lookup import ClickHouseLookup
from services.evaluator.adapters.http_metrics import HttpMetric
from services.evaluator.adapters.langid_detector import LangidDetector
from services.evaluator.adapters.plugin_metrics import PluginMetric
from services.evaluator.domain.metrics.types import MetricPlugin
from services.evaluator.domain.recall import RecentCompletions
from services.evaluator.handler import Evaluator, OutsideMetric
from services.evaluator.settings import EvaluatorSettings
from streaming.loops.stage import Stage
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer

REMEMBERED = 50_000
FETCH_MIN_BYTES = 65_536
WAITS_S = (0.2, 0.8, 2.0)
HTTP_SOURCE = "evaluator_http_metrics"


def build(settings: EvaluatorSettings) -> Service:
    """A stage that measures answers and joins feedback to them."""
    lookup = ClickHouseLookup(settings.clickhouse_url)
    evaluator = Evaluator(
        recall=RecentCompletions(REMEMBERED),
        lookup=lookup,
        language_of=LangidDetector(),
        waits_s=WAITS_S,
        sleep=asyncio.sleep,
        outside=outside_metrics(settings),
    )
    stage = Stage(
        group="evaluator",
        handlers={Completion: evaluator.evaluate, Feedback: evaluator.join},
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        client_id=unique_client_id("evaluator"),
        fetch_min_bytes=FETCH_MIN_BYTES,
    )
    return Service("evaluator", [stage])


def outside_metrics(settings: EvaluatorSettings) -> list[OutsideMetric]:
    """The metrics of plug-ins and of HTTP addresses; raises PluginError or RegistryError."""
    metrics: list[OutsideMetric] = [
        PluginMetric(plugin)
        for plugin in load_plugins(settings.plugins, METRIC_PLUGINS, MetricPlugin, METRICS)
    ]
    for address in settings.evaluator_http_metrics:
        METRICS.declare(MetricDeclaration(address.id, address.unit, address.meaning), HTTP_SOURCE)
        metrics.append(HttpMetric(address))
    return metrics
