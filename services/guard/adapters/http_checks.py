"""Checks that an HTTP address decides: one POST a text, bounded in time and size."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from schemas.bounds import Body
from schemas.checks import HttpCheck
from services.guard.domain.checks.types import (
    CheckResult,
    applies_to,
    check_detections,
    unscanned_detections,
    usable_result,
)
from services.guard.domain.detection import Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext
from streaming.outside_calls import FailurePause
from streaming.outside_post import PostError, new_client, post_json

MAX_REPLY_BYTES = 1_048_576
MAX_CONNECTIONS = 64
MAX_WAIT_S = 10.0
"""How long a text waits for one of the connections."""
PAUSE_S = 10.0
Position = Annotated[int, Field(ge=0, le=2**31 - 1)]


class HttpCheckReply(BaseModel):
    """The body of a reply with status 200: whether the text fails, where, and what may replace it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    fails: bool
    spans: Annotated[tuple[tuple[Position, Position], ...], Field(max_length=1_000)] = ()
    replacement: Body | None = None

    def result_for(self, text: str) -> CheckResult:
        """The result of the check; raises ValueError for a span outside of the text."""
        spans = tuple(Span(start, end) for start, end in self.spans) if self.fails else ()
        return usable_result(
            CheckResult(self.fails, spans, self.replacement if self.fails else None), len(text)
        )


class HttpChecks:
    """Runs the HTTP checks of a policy on all texts except those of the application.

    An address that timed out or was down five times in a row for a tenant is not called for `PAUSE_S`; texts
    are unscanned meanwhile, without waiting for its time limit.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._pause = FailurePause(PAUSE_S, now)

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The detections of each text; all texts and checks run side by side."""
        checks = [check for check in context.policy.checks if isinstance(check, HttpCheck)]
        if not checks:
            return [() for _ in texts]
        connections = asyncio.Semaphore(MAX_CONNECTIONS)
        # A client belongs to one event loop, and the library may be called from several.
        async with new_client(MAX_CONNECTIONS) as client:
            posts = _Posts(client, connections, self._pause, context.tenant)
            return list(await asyncio.gather(*(posts.detections_in(text, checks) for text in texts)))


@dataclass(frozen=True, slots=True)
class _Posts:
    """The calls for the texts of one event."""

    client: httpx.AsyncClient
    connections: asyncio.Semaphore
    pause: FailurePause
    tenant: str

    async def detections_in(self, text: DetectorInput, checks: Sequence[HttpCheck]) -> Sequence[Detection]:
        if text.segment.is_instruction:
            return ()
        relevant = (check for check in checks if applies_to(check, text.segment.direction))
        results = await asyncio.gather(*(self._run(check, text) for check in relevant))
        return [detection for result in results for detection in result]

    async def _run(self, check: HttpCheck, text: DetectorInput) -> Sequence[Detection]:
        # One tenant's texts, and another time limit, pause nothing for others.
        key = (self.tenant, check.url, check.timeout_s)
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self.connections.acquire()
        except TimeoutError:
            return unscanned_detections(check)
        try:
            if self.pause.is_paused(key):
                return unscanned_detections(check)
            result = await self._post(check, text)
        except (TimeoutError, PostError, ValueError) as error:
            if isinstance(error, TimeoutError) or (isinstance(error, PostError) and error.is_down):
                self.pause.note_failure(key)
            return unscanned_detections(check)
        finally:
            self.connections.release()
        self.pause.note_success(key)
        return check_detections(check, check.type, result)

    async def _post(self, check: HttpCheck, text: DetectorInput) -> CheckResult:
        question: dict[str, JsonValue] = {
            "check": check.name,
            "direction": text.segment.direction,
            "text": text.segment.text,
        }
        body = await post_json(self.client, check.url, question, check.timeout_s, MAX_REPLY_BYTES)
        return HttpCheckReply.model_validate_json(body).result_for(text.segment.text)
