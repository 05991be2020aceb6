"""Metrics of plug-in packages: each call in a thread, with a time limit."""

import logging

from schemas.quality import Metric
from services.evaluator.domain.measuring import InvalidMetricError, outside_metric
from services.evaluator.domain.metrics.types import EvaluatedAnswer, MetricPlugin
from services.evaluator.metrics import UNMEASURED
from streaming.outside_calls import FailurePause, NoSlotError, OutsideCalls

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
MAX_THREADS = 4
PAUSE_S = 30.0
MAX_WAIT_S = 120.0
"""How long an answer waits for one of the threads, as when old answers are evaluated."""


class PluginMetric:
    """One plug-in's metric; NULL is stored if it raises, takes too long or returns a value out of bounds."""

    def __init__(
        self, plugin: MetricPlugin, timeout_s: float = TIMEOUT_S, wait_s: float = MAX_WAIT_S
    ) -> None:
        self._id = plugin.declaration.id
        self._measure = plugin.measure
        self._timeout_s = timeout_s
        self._pause = FailurePause(PAUSE_S)
        self._calls = OutsideCalls(f"metric-{self._id}", MAX_THREADS, wait_s)

    async def measure(self, answer: EvaluatedAnswer) -> Metric:
        """The metric of an answer; never raises, and returns within the time limit."""
        if self._pause.is_paused(self._id):
            return self._unmeasured("paused")
        try:
            measured = await self._calls.run(
                lambda: outside_metric(self._id, self._measure(answer)), self._timeout_s
            )
        except TimeoutError:
            self._pause.note_failure(self._id)
            return self._unmeasured("timeout")
        except NoSlotError:
            return self._unmeasured("busy")
        except InvalidMetricError:
            return self._unmeasured("bad_value")
        except Exception as error:  # noqa: BLE001 - foreign code; the message may quote the answer
            log.warning("a metric failed", extra={"metric": self._id, "error": type(error).__name__})
            return self._unmeasured("error")
        self._pause.note_success(self._id)
        return measured

    def _unmeasured(self, reason: str) -> Metric:
        UNMEASURED.labels(self._id, reason).inc()
        return Metric(name=self._id)
