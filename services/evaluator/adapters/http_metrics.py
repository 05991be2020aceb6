"""Metrics that an HTTP address measures: one POST an answer, bounded in time and size."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.bounds import Figure, Word
from schemas.quality import Metric
from services.evaluator.domain.metrics.types import EvaluatedAnswer
from services.evaluator.metrics import UNMEASURED
from services.evaluator.settings import HttpMetricSettings

OK = 200
MAX_REPLY_BYTES = 65_536
MAX_IN_FLIGHT = 32
FAILURES_BEFORE_PAUSE = 5
PAUSE_S = 30.0


class HttpMetricReply(BaseModel):
    """The body of a reply with status 200; `value` is null where the metric does not apply."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: Annotated[Figure | None, Field(strict=False)]
    label: Word | None = None


class HttpMetric:
    """One metric at an HTTP address; what fails is stored as NULL.

    After `FAILURES_BEFORE_PAUSE` failures in a row the address is not called for `PAUSE_S`: one that is
    down does not delay every evaluation by a time limit.
    """

    def __init__(self, settings: HttpMetricSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._id = settings.id
        self._url = settings.url
        self._timeout_s = settings.timeout_s
        self._now = now
        self._failures = 0
        self._paused_until = 0.0
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._client = httpx.AsyncClient(timeout=settings.timeout_s, trust_env=False, follow_redirects=False)

    async def measure(self, answer: EvaluatedAnswer) -> Metric:
        """The metric of an answer; never raises, and returns within the time limit."""
        if self._now() < self._paused_until:
            return self._unmeasured("paused")
        try:
            async with asyncio.timeout(self._timeout_s), self._slots:
                reply = await self._post(answer)
        except (TimeoutError, httpx.TimeoutException):
            return self._failed("timeout")
        except httpx.HTTPError:
            return self._failed("unreachable")
        except ValidationError:
            return self._failed("bad_reply")
        self._failures = 0
        return Metric(name=self._id, value=reply.value, label=reply.label)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, answer: EvaluatedAnswer) -> HttpMetricReply:
        question = {
            "metric": self._id,
            "messages": [{"role": message.role, "content": message.content} for message in answer.messages],
            "output": answer.output,
            "finish_reason": answer.finish_reason,
        }
        async with self._client.stream("POST", self._url, json=question) as response:
            if response.status_code != OK:
                raise httpx.HTTPStatusError("refused", request=response.request, response=response)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    break
        return HttpMetricReply.model_validate_json(bytes(body[: MAX_REPLY_BYTES + 1]))

    def _failed(self, reason: str) -> Metric:
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_PAUSE:
            self._failures, self._paused_until = 0, self._now() + PAUSE_S
        return self._unmeasured(reason)

    def _unmeasured(self, reason: str) -> Metric:
        UNMEASURED.labels(self._id, reason).inc()
        return Metric(name=self._id)
