"""Metrics that an HTTP address measures: one POST an answer, bounded in time and size."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from schemas.bounds import Figure, Word
from schemas.quality import Metric
from services.evaluator.domain.metrics.types import EvaluatedAnswer
from services.evaluator.metrics import UNMEASURED
from services.evaluator.settings import HttpMetricSettings
from streaming.outside_calls import FailurePause
from streaming.outside_post import PostError, new_client, post_json

MAX_REPLY_BYTES = 65_536
MAX_IN_FLIGHT = 32
MAX_WAIT_S = 120.0
"""How long an answer waits for one of the calls in flight to end."""
PAUSE_S = 30.0


class HttpMetricReply(BaseModel):
    """The body of a reply with status 200; `value` is null where the metric does not apply."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: Annotated[Figure | None, Field(strict=False)]
    label: Word | None = None


class HttpMetric:
    """One metric at an HTTP address; a failed measurement is stored as NULL.

    After five timeouts or refused calls in a row the address is not called for `PAUSE_S`: one that is down
    does not delay every evaluation by a time limit.
    """

    def __init__(self, settings: HttpMetricSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._id = settings.id
        self._url = settings.url
        self._timeout_s = settings.timeout_s
        self._pause = FailurePause(PAUSE_S, now)
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._client = new_client(MAX_IN_FLIGHT)

    async def measure(self, answer: EvaluatedAnswer) -> Metric:
        """The metric of an answer; never raises, and returns in bounded time."""
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._slots.acquire()
        except TimeoutError:
            return self._unmeasured("busy")
        try:
            if self._pause.is_paused(self._id):
                return self._unmeasured("paused")
            return await self._measured(answer)
        finally:
            self._slots.release()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _measured(self, answer: EvaluatedAnswer) -> Metric:
        try:
            body = await post_json(
                self._client, self._url, self._question(answer), self._timeout_s, MAX_REPLY_BYTES
            )
            reply = HttpMetricReply.model_validate_json(body)
        except TimeoutError:
            return self._failed("timeout")
        except PostError as error:
            return self._failed("unreachable") if error.is_down else self._unmeasured("bad_reply")
        except ValidationError:
            return self._unmeasured("bad_reply")
        self._pause.note_success(self._id)
        return Metric(name=self._id, value=reply.value, label=reply.label)

    def _question(self, answer: EvaluatedAnswer) -> JsonValue:
        return {
            "metric": self._id,
            "messages": [{"role": message.role, "content": message.content} for message in answer.messages],
            "output": answer.output,
            "finish_reason": answer.finish_reason,
        }

    def _failed(self, reason: str) -> Metric:
        self._pause.note_failure(self._id)
        return self._unmeasured(reason)

    def _unmeasured(self, reason: str) -> Metric:
        UNMEASURED.labels(self._id, reason).inc()
        return Metric(name=self._id)
