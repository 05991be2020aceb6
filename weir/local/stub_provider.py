"""A provider for tests, demos and benchmarks: OpenAI's chat completions with answers derived from the request, and faults by model name.

Models that misbehave: `always-503`, `always-429`, `far-429` (asks to wait until the year 9999), `billed-503` (an error that reports
usage), `slow` (a late answer), `cut` (an answer without finish reason), `silent-cut` (the same without usage), `broken` (the connection
ends inside the answer), `stalled` (half an answer, and the rest late), `huge` (an answer of 50 MB), `deep` (10,000 levels of JSON) and
`absurd-usage` (an answer of 10^40 tokens); every other name answers. Each finished call is one line in the journal, written before its answer leaves,
so that an answer that somebody has is always counted.
"""

import argparse
import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import orjson
import uvicorn
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

MODELS = (
    *(
        "stub",
        "always-503",
        "always-429",
        "far-429",
        "billed-503",
        "slow",
        "cut",
        "silent-cut",
        "broken",
        "stalled",
    ),
    *("huge", "deep", "absurd-usage"),
)
RETRY_AFTER_S = 1
FAR_RETRY_AFTER = "Fri, 31 Dec 9999 23:59:59 GMT"
HUGE_BYTES, DEEP_LEVELS, ABSURD_TOKENS = 50_000_000, 10_000, 10**40
TOKENS_PER_MESSAGE = 3
SHORTEST_ANSWER, LONGEST_ANSWER = 8, 40
_WORDS = (
    "the",
    "stream",
    "carries",
    "each",
    "request",
    "past",
    "every",
    "gate",
    "and",
    "brings",
    "one",
    "answer",
    "back",
    "with",
    "its",
    "price",
)


@dataclass(frozen=True, slots=True)
class StubSettings:
    """How the stub behaves; `fail_rate` is the share of calls that get 503, chosen by the attempt's id."""

    latency_s: float = 0.05
    slow_s: float = 30.0
    fail_rate: float = 0.0


class _StubMessage(BaseModel):
    role: str
    content: str


class _StubChatRequest(BaseModel):
    model: str
    messages: list[_StubMessage] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)


@dataclass(frozen=True, slots=True)
class _StubReply:
    status: int
    body: dict[str, object]
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class CallLog:
    """An append-only file with one JSON line for each finished call; without a path it keeps nothing."""

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
        """Append one line at once: a reader beside us sees whole lines only."""
        if self._file is not None:
            self._file.write(orjson.dumps(line).decode() + "\n")
            self._file.flush()


def build(settings: StubSettings, calls: CallLog, now: Callable[[], float] = time.time) -> Starlette:
    """The stub as an ASGI application."""

    async def chat(request: Request) -> Response:
        body = await request.body()
        attempt, key = request.headers.get("x-weir-attempt"), request.headers.get("idempotency-key")
        started = now()
        try:
            asked = _StubChatRequest.model_validate_json(body)
        except ValidationError:
            model, outcome = None, _error_reply(400, "invalid_request_error", "model and messages are needed")
        else:
            model = asked.model
            await asyncio.sleep(settings.slow_s if model == "slow" else settings.latency_s)
            outcome = _reply(asked, settings.fail_rate, (attempt or "").encode() or body)
        calls.add(
            {
                "attempt": attempt,
                "idempotency_key": key,
                "model": model,
                "status": outcome.status,
                "prompt_tokens": outcome.prompt_tokens,
                "completion_tokens": outcome.completion_tokens,
                "started_at": started,
                "finished_at": now(),
            },
        )
        return _response(model, outcome, settings.slow_s)

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


_OK, _LIMITED = 200, 429
_TRUNCATED_MODELS = frozenset({"broken", "stalled"})
_UNFINISHED_MODELS = frozenset({"cut", "silent-cut"})


class _TruncatedResponse(Response):
    """Sends half of its answer's text, and the rest later or, without a time for it, never: the server then closes the connection."""

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


def _response(model: str | None, outcome: _StubReply, slow_s: float) -> Response:
    content = (
        _malformed(model, orjson.dumps(outcome.body)) if outcome.status == _OK else orjson.dumps(outcome.body)
    )
    if model in _TRUNCATED_MODELS and outcome.status == _OK:
        return _TruncatedResponse(content, rest_after_s=slow_s if model == "stalled" else None)
    wait = FAR_RETRY_AFTER if model == "far-429" else str(RETRY_AFTER_S)
    headers = {"retry-after": wait} if outcome.status == _LIMITED else {}
    return Response(content, outcome.status, headers, media_type="application/json")


def _malformed(model: str | None, content: bytes) -> bytes:
    """Make an answer what no provider should say; the journal keeps what a sane one would have counted."""
    match model:
        case "huge":
            return content + b" " * HUGE_BYTES
        case "deep":
            return b'{"choices":' + b"[" * DEEP_LEVELS + b"]" * DEEP_LEVELS + b"}"
        case "absurd-usage":
            return re.sub(rb'"completion_tokens":\d+', b'"completion_tokens":%d' % ABSURD_TOKENS, content)
        case _:
            return content


def _reply(asked: _StubChatRequest, fail_rate: float, lot: bytes) -> _StubReply:
    if asked.model in {"always-429", "far-429"}:
        return _error_reply(_LIMITED, "rate_limit_exceeded", "too many requests")
    if asked.model == "always-503" or _fraction(lot) < fail_rate:
        return _error_reply(503, "server_error", "the model is overloaded")
    answered = _answer(asked)
    if asked.model == "billed-503":
        failed = _error_reply(503, "server_error", "the model broke down after its answer")
        return _StubReply(
            503,
            {**failed.body, "usage": answered.body["usage"]},
            answered.prompt_tokens,
            answered.completion_tokens,
        )
    return answered


def _answer(asked: _StubChatRequest) -> _StubReply:
    content = "\x00".join(f"{message.role}\x01{message.content}" for message in asked.messages)
    digest = hashlib.sha256(f"{asked.model}\x02{content}".encode()).digest()
    wanted = SHORTEST_ANSWER + int.from_bytes(digest[:4]) % (LONGEST_ANSWER - SHORTEST_ANSWER + 1)
    allowed = asked.max_tokens or asked.max_completion_tokens or wanted
    count = min(wanted, allowed)
    prompt_tokens = sum(TOKENS_PER_MESSAGE + len(message.content.split()) for message in asked.messages)
    reason = None if asked.model in _UNFINISHED_MODELS else "stop" if count == wanted else "length"
    text = " ".join(_WORDS[(digest[4] + index) % len(_WORDS)] for index in range(count))
    body: dict[str, object] = {
        "id": f"chatcmpl-{digest.hex()[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": count,
            "total_tokens": prompt_tokens + count,
        },
    }
    if asked.model == "silent-cut":
        del body["usage"]
    return _StubReply(200, body, prompt_tokens, count)


def _error_reply(status: int, code: str, message: str) -> _StubReply:
    return _StubReply(status, {"error": {"message": message, "type": code, "param": None, "code": code}})


def _fraction(lot: bytes) -> float:
    return int.from_bytes(hashlib.sha256(lot).digest()[:8]) / 2**64


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(
        description="An OpenAI-compatible provider that answers from the request alone."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=50.0, help="how long each answer takes")
    parser.add_argument(
        "--slow-ms", type=float, default=30_000.0, help="how long the models 'slow' and 'stalled' take"
    )
    parser.add_argument("--fail-rate", type=float, default=0.0, help="share of calls that get 503")
    parser.add_argument("--journal", type=Path, help="file for one JSON line per finished call")
    asked = parser.parse_args()
    settings = StubSettings(asked.latency_ms / 1000, asked.slow_ms / 1000, asked.fail_rate)
    with CallLog(asked.journal) as calls:
        uvicorn.run(
            build(settings, calls),
            host=asked.host,
            port=asked.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )


if __name__ == "__main__":
    main()
