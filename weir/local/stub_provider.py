"""A stub provider for tests, demos and benchmarks: OpenAI's chat completions, with faults by model name.

Models with faults: `always-503`, `always-429`, `far-429` (Retry-After in the year 9999), `billed-503` (an
error with usage), `slow` (a late answer), `cut` (an answer without finish reason), `silent-cut` (the same
without usage), `broken` (the connection ends inside the answer), `stalled` (half of an answer, the rest
late), `huge` (50 MB), `deep` (10,000 levels of JSON) and `absurd-usage` (10^40 tokens). Any other name
answers. Each call is one line in the journal, written before its answer is sent, so that every received
answer is in the journal.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import orjson
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from weir.local.stub_replies import (
    MODELS,
    OK,
    TOO_MANY_REQUESTS,
    StubChatRequest,
    StubReply,
    error_reply,
    malformed,
    reply_to,
)

RETRY_AFTER_S = 1
FAR_RETRY_AFTER = "Fri, 31 Dec 9999 23:59:59 GMT"


@dataclass(frozen=True, slots=True)
class StubSettings:
    """How the stub behaves; `fail_rate` is the share of calls that get 503, chosen by the attempt id."""

    latency_s: float = 0.05
    slow_s: float = 30.0
    fail_rate: float = 0.0


class CallLog:
    """An append-only file with one JSON line for each call; without a path nothing is recorded."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Open the file for appending."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def add(self, line: dict[str, object]) -> None:
        """Append one line and flush it, so that readers see complete lines only."""
        if self._file is not None:
            self._file.write(orjson.dumps(line).decode() + "\n")
            self._file.flush()


def build(settings: StubSettings, calls: CallLog, now: Callable[[], float] = time.time) -> Starlette:
    """The stub provider as an ASGI application; `now` is the clock of the journal."""

    async def chat(request: Request) -> Response:
        body = await request.body()
        attempt, key = request.headers.get("x-weir-attempt"), request.headers.get("idempotency-key")
        started = now()
        try:
            chat_request = StubChatRequest.model_validate_json(body)
        except ValidationError:
            model, reply = None, error_reply(400, "invalid_request_error", "model and messages are needed")
        else:
            model = chat_request.model
            await asyncio.sleep(settings.slow_s if model == "slow" else settings.latency_s)
            reply = reply_to(chat_request, settings.fail_rate, (attempt or "").encode() or body)
        calls.add(
            {
                "attempt": attempt,
                "idempotency_key": key,
                "model": model,
                "status": reply.status,
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
                "started_at": started,
                "finished_at": now(),
            },
        )
        return _response(model, reply, settings.slow_s)

    async def models(_request: Request) -> Response:
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "stub"} for name in MODELS]
        return Response(orjson.dumps({"object": "list", "data": listed}), media_type="application/json")

    async def health(_request: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/models", models, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
    )


_TRUNCATED_MODELS = frozenset({"broken", "stalled"})


class _TruncatedResponse(Response):
    """Sends half of the answer, and the rest after `rest_after_s`; for None the connection ends instead."""

    media_type = "application/json"

    def __init__(self, content: bytes, rest_after_s: float | None) -> None:
        super().__init__(content)
        self._content = content
        self._rest_after_s = rest_after_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        text = self._content.index(b'"content":"')
        half = (text + self._content.index(b'"finish_reason"')) // 2
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._content[:half], "more_body": True})
        if self._rest_after_s is not None:
            await asyncio.sleep(self._rest_after_s)
            await send({"type": "http.response.body", "body": self._content[half:]})


def _response(model: str | None, reply: StubReply, slow_s: float) -> Response:
    content = orjson.dumps(reply.body)
    if reply.status == OK:
        content = malformed(model, content)
    if reply.status == OK and model in _TRUNCATED_MODELS:
        return _TruncatedResponse(content, rest_after_s=slow_s if model == "stalled" else None)
    wait = FAR_RETRY_AFTER if model == "far-429" else str(RETRY_AFTER_S)
    headers = {"retry-after": wait} if reply.status == TOO_MANY_REQUESTS else {}
    return Response(content, reply.status, headers, media_type="application/json")


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(
        description="An OpenAI-compatible stub provider whose answers are derived from the request."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=50.0, help="latency of an answer")
    parser.add_argument(
        "--slow-ms", type=float, default=30_000.0, help="latency of the models 'slow' and 'stalled'"
    )
    parser.add_argument("--fail-rate", type=float, default=0.0, help="share of calls that get 503")
    parser.add_argument("--journal", type=Path, help="file to append one JSON line for each call to")
    arguments = parser.parse_args()
    settings = StubSettings(arguments.latency_ms / 1000, arguments.slow_ms / 1000, arguments.fail_rate)
    with CallLog(arguments.journal) as calls:
        uvicorn.run(
            build(settings, calls),
            host=arguments.host,
            port=arguments.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )


if __name__ == "__main__":
    main()
