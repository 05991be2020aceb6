"""Metrics of outside packages: each call in a thread of its own, with a time limit."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError

from schemas.quality import Metric
from services.evaluator.domain.measuring import metric
from services.evaluator.domain.metrics.types import EvaluatedAnswer, MetricPlugin, MetricValue
from services.evaluator.metrics import UNMEASURED

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
MAX_THREADS = 4
"""Calls of one metric in flight: a metric that never returns holds no more threads than this."""


class PluginMetric:
    """One plug-in's metric; what it raises, takes too long for or gives out of bounds is stored as NULL."""

    def __init__(self, plugin: MetricPlugin, timeout_s: float = TIMEOUT_S) -> None:
        self._id = plugin.declaration.id
        self._measure = plugin.measure
        self._timeout_s = timeout_s
        self._threads = threading.BoundedSemaphore(MAX_THREADS)

    async def measure(self, answer: EvaluatedAnswer) -> Metric:
        """The metric of an answer; never raises, and returns within the time limit."""
        if not self._threads.acquire(blocking=False):
            return self._unmeasured("busy")
        try:
            value = await self._in_thread(lambda: self._measure(answer))
            return metric(self._id, value)
        except TimeoutError:
            return self._unmeasured("timeout")
        except (ValidationError, TypeError):
            return self._unmeasured("bad_value")
        except Exception as error:  # noqa: BLE001 - anybody's code, and its message may quote the answer
            log.warning("a metric failed", extra={"metric": self._id, "error": type(error).__name__})
            return self._unmeasured("error")

    def _unmeasured(self, reason: str) -> Metric:
        UNMEASURED.labels(self._id, reason).inc()
        return Metric(name=self._id)

    async def _in_thread(self, call: Callable[[], MetricValue]) -> MetricValue:
        """Run it in a daemon thread: neither the event loop nor the process's end may wait for it."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[MetricValue] = loop.create_future()

        def settle(value: MetricValue, error: Exception | None) -> None:
            if result.done():
                return
            if error is None:
                result.set_result(value)
            else:
                result.set_exception(error)

        def run() -> None:
            value, raised = None, None
            try:
                value = call()
            except Exception as error:  # noqa: BLE001 - handed to the one who waits
                raised = error
            finally:
                self._threads.release()
            # The loop may be closed by the time a late call returns.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, value, raised)

        threading.Thread(target=run, name=f"metric-{self._id}", daemon=True).start()
        return await asyncio.wait_for(result, self._timeout_s)
