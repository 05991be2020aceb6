"""Checks that an HTTP address decides: one POST a text, bounded in time and size."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.bounds import Body
from schemas.checks import HttpCheck
from services.guard.domain.checks.types import (
    CheckResult,
    applies_to,
    check_detections,
    unscanned_detections,
)
from services.guard.domain.detection import Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext

OK = 200
MAX_REPLY_BYTES = 1_048_576
MAX_CONNECTIONS = 64
FAILURES_BEFORE_PAUSE = 5
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
        spans = tuple(Span(start, end) for start, end in self.spans)
        if any(not span.start < span.end <= len(text) for span in spans):
            raise ValueError("a span outside of the text")
        return CheckResult(self.fails, spans if self.fails else (), self.replacement if self.fails else None)


class HttpChecks:
    """Runs the HTTP checks of a policy on what others than the application wrote.

    An address that failed `FAILURES_BEFORE_PAUSE` times in a row is not called for `PAUSE_S`; texts are
    unscanned meanwhile, without waiting for its time limit.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: dict[str, int] = {}
        self._paused_until: dict[str, float] = {}

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The detections of each text; the checks of one text run side by side."""
        checks = [check for check in context.policy.checks if isinstance(check, HttpCheck)]
        if not checks:
            return [() for _ in texts]
        # A client belongs to one event loop, and the library may be called from several.
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS)
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, limits=limits) as client:
            return [await self._detections_in(text, checks, client) for text in texts]

    async def _detections_in(
        self, text: DetectorInput, checks: Sequence[HttpCheck], client: httpx.AsyncClient
    ) -> Sequence[Detection]:
        if text.segment.is_instruction:
            return ()
        relevant = (check for check in checks if applies_to(check, text.segment.direction))
        results = await asyncio.gather(*(self._run(check, text, client) for check in relevant))
        return [detection for result in results for detection in result]

    async def _run(
        self, check: HttpCheck, text: DetectorInput, client: httpx.AsyncClient
    ) -> Sequence[Detection]:
        if self._now() < self._paused_until.get(check.url, 0.0):
            return unscanned_detections(check)
        try:
            async with asyncio.timeout(check.timeout_s):
                reply = await self._post(check, text, client)
            result = reply.result_for(text.segment.text)
        except (TimeoutError, httpx.HTTPError, ValidationError, ValueError):
            self._note_failure(check.url)
            return unscanned_detections(check)
        self._failures.pop(check.url, None)
        return check_detections(check, check.type, result)

    async def _post(self, check: HttpCheck, text: DetectorInput, client: httpx.AsyncClient) -> HttpCheckReply:
        question = {"check": check.name, "direction": text.segment.direction, "text": text.segment.text}
        async with client.stream("POST", check.url, json=question, timeout=check.timeout_s) as response:
            if response.status_code != OK:
                raise httpx.HTTPStatusError("refused", request=response.request, response=response)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    break
        return HttpCheckReply.model_validate_json(bytes(body))

    def _note_failure(self, url: str) -> None:
        failures = self._failures.get(url, 0) + 1
        if failures >= FAILURES_BEFORE_PAUSE:
            self._paused_until[url] = self._now() + PAUSE_S
            failures = 0
        self._failures[url] = failures
