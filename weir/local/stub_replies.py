"""The replies of the stub provider: answers and usage derived from the request, and faults by model name."""

import hashlib
import re
import time
from dataclasses import dataclass

from pydantic import BaseModel, Field

MODELS = (
    "stub",
    *("always-503", "always-429", "far-429", "billed-503"),
    *("slow", "cut", "silent-cut", "broken", "stalled"),
    *("huge", "deep", "absurd-usage"),
)
HUGE_BYTES, DEEP_LEVELS, ABSURD_TOKENS = 50_000_000, 10_000, 10**40
TOKENS_PER_MESSAGE = 3
MIN_ANSWER_TOKENS, MAX_ANSWER_TOKENS = 8, 40
_SENTENCE = "the stream carries each request past every gate and brings one answer back with its price"
_WORDS = _SENTENCE.split()
_UNFINISHED_MODELS = frozenset({"cut", "silent-cut"})
OK, TOO_MANY_REQUESTS = 200, 429


class StubMessage(BaseModel):
    """A message of a chat request."""

    role: str
    content: str


class StubChatRequest(BaseModel):
    """The fields of a chat completion request that the stub uses."""

    model: str
    messages: list[StubMessage] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)


@dataclass(frozen=True, slots=True)
class StubReply:
    """Status and body of a reply, with the usage that the provider counts for it."""

    status: int
    body: dict[str, object]
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def malformed(model: str | None, content: bytes) -> bytes:
    """The answer of a model that sends malformed ones, made of the well-formed answer."""
    match model:
        case "huge":
            return content + b" " * HUGE_BYTES
        case "deep":
            return b'{"choices":' + b"[" * DEEP_LEVELS + b"]" * DEEP_LEVELS + b"}"
        case "absurd-usage":
            return re.sub(rb'"completion_tokens":\d+', b'"completion_tokens":%d' % ABSURD_TOKENS, content)
        case _:
            return content


def reply_to(chat_request: StubChatRequest, fail_rate: float, seed: bytes) -> StubReply:
    """The reply to a request; a share of `fail_rate` of all seeds gets 503, always the same ones."""
    if chat_request.model in {"always-429", "far-429"}:
        return error_reply(TOO_MANY_REQUESTS, "rate_limit_exceeded", "too many requests")
    if chat_request.model == "always-503" or _fraction(seed) < fail_rate:
        return error_reply(503, "server_error", "the model is overloaded")
    answer = _answer(chat_request)
    if chat_request.model == "billed-503":
        failed = error_reply(503, "server_error", "the model broke down after its answer")
        return StubReply(
            503,
            {**failed.body, "usage": answer.body["usage"]},
            answer.prompt_tokens,
            answer.completion_tokens,
        )
    return answer


def _answer(chat_request: StubChatRequest) -> StubReply:
    content = "\x00".join(f"{message.role}\x01{message.content}" for message in chat_request.messages)
    digest = hashlib.sha256(f"{chat_request.model}\x02{content}".encode()).digest()
    full = MIN_ANSWER_TOKENS + int.from_bytes(digest[:4]) % (MAX_ANSWER_TOKENS - MIN_ANSWER_TOKENS + 1)
    count = min(full, chat_request.max_tokens or chat_request.max_completion_tokens or full)
    prompt_tokens = sum(
        TOKENS_PER_MESSAGE + len(message.content.split()) for message in chat_request.messages
    )
    finish_reason = "stop" if count == full else "length"
    if chat_request.model in _UNFINISHED_MODELS:
        finish_reason = None
    text = " ".join(_WORDS[(digest[4] + index) % len(_WORDS)] for index in range(count))
    body: dict[str, object] = {
        "id": f"chatcmpl-{digest.hex()[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": chat_request.model,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": count,
            "total_tokens": prompt_tokens + count,
        },
    }
    if chat_request.model == "silent-cut":
        del body["usage"]
    return StubReply(OK, body, prompt_tokens, count)


def error_reply(status: int, code: str, message: str) -> StubReply:
    """An error reply in the form of OpenAI."""
    return StubReply(status, {"error": {"message": message, "type": code, "param": None, "code": code}})


def _fraction(seed: bytes) -> float:
    return int.from_bytes(hashlib.sha256(seed).digest()[:8]) / 2**64
