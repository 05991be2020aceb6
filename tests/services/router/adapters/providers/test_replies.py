"""Replies from public bug reports: each is an answer or a failed attempt, and never half an answer."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from services.meter.domain.usage.normalize import normalise
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.app import PROVIDERS
from services.router.domain.provider_call import ProviderError, ProviderReply

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

TOKENS = LocalTokenCounter()
EVENTS, JSON = "Content-Type: text/event-stream", "Content-Type: application/json"
HELLO = {"choices": [{"index": 0, "delta": {"content": "hello"}}]}
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
DONE = b"data: [DONE]\n\n"


def lines(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def whole(**changes: Any) -> bytes:
    reply = {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
        ],
        "usage": USAGE,
    }
    return json.dumps({**reply, **changes}).encode()


async def reply_or_error(
    wire: "Wire", body: bytes, kind: str = "openai", *headers: str
) -> ProviderReply | ProviderError:
    async with wire.saying(wire.http("200 OK", body, *headers)) as url, ProviderPool(1) as pool:
        provider = PROVIDERS[kind](
            ProviderAddress("wire", url, stream=True), pool, lambda: datetime.now(UTC), TOKENS
        )
        try:
            return await provider.complete(wire.call())
        except ProviderError as error:
            return error


AZURE_FIRST = {
    "id": "",
    "object": "",
    "created": 0,
    "model": "",
    "prompt_filter_results": [{"prompt_index": 0}],
    "choices": [],
    "usage": None,
}
ANSWERED: Sequence[tuple[str, bytes, str]] = (
    # langfuse 2833, logfire 64, pydantic-ai 164: a first chunk without choices, and an empty model
    ("Azure begins without choices", lines(AZURE_FIRST, HELLO, STOP) + DONE, EVENTS),
    # llmeter 34: control chunks that have no choices at all
    (
        "chunks that only count",
        lines({"usage": USAGE}, HELLO, STOP, {"object": "x", "usage": USAGE}) + DONE,
        EVENTS,
    ),
    # Portkey 1035: pings between chunks
    ("pings", b": ping - 2\n\n" + lines(HELLO) + b": ping - 3\n\n" + lines(STOP) + DONE, EVENTS),
    # openai-python 2722: events of meta fields alone
    ("only retry and id", b"retry: 3000\n\nid: 7\nevent: x\n\ndata:\n\n" + lines(HELLO, STOP) + DONE, EVENTS),
    # openai-python 498: no space after the colon, and lines that end like HTTP's
    ("no space", (lines(HELLO, STOP) + DONE).replace(b"data: ", b"data:").replace(b"\n", b"\r\n"), EVENTS),
    # sglang 3912: an empty finish reason in each chunk
    (
        "empty reasons",
        lines({"choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": ""}]}, STOP) + DONE,
        EVENTS,
    ),
    # litellm 376: the only choice is number 1
    (
        "number one",
        lines(
            {"choices": [{"index": 1, "delta": {"content": "hello"}}]},
            {"choices": [{"index": 1, "finish_reason": "stop"}]},
        ),
        EVENTS,
    ),
    (
        "a delta that is null",
        lines(HELLO, {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}) + DONE,
        EVENTS,
    ),
    # gptel 1512: one event over many lines
    (
        "many lines",
        b"\n".join(b"data: " + line for line in json.dumps(HELLO, indent=1).encode().split(b"\n"))
        + b"\n\n"
        + lines(STOP)
        + DONE,
        EVENTS,
    ),
    # litellm 11971, modelbench 1287: a moment with a fraction
    ("created is a fraction", whole(created=1757876416.5661082), JSON),
    (
        "nothing but null around it",
        whole(id=None, model=None, object=None, service_tier=None, system_fingerprint=None),
        JSON,
    ),
)
FAILED: Sequence[tuple[str, str, bytes, str, str]] = (
    # inspect_ai 1534, litellm 2395: an error under 200
    (
        "choices null",
        "openai",
        json.dumps({"choices": None, "error": {"code": 429}}).encode(),
        JSON,
        "bad_reply",
    ),
    # opencode 8282: two chunks in one
    (
        "glued",
        "openai",
        b'data: {"choices":[{"index":0,"delta":{"role":"adata: {"x":1}\n\n' + lines(HELLO, STOP) + DONE,
        EVENTS,
        "bad_reply",
    ),
    # castari-proxy 1: a chunk that is no JSON, in the middle
    (
        "a hole",
        "openai",
        lines(HELLO) + b'data: {"choices": [{"delta": {"content": "no\n\n' + lines(STOP) + DONE,
        EVENTS,
        "bad_reply",
    ),
    ("the last chunk is cut", "openai", lines(HELLO) + b'data: {"choices": [{"del', EVENTS, "cut_off"),
    # Zoo-Code 569: an error chunk in a stream
    (
        "error inside",
        "openai",
        lines(HELLO, {"error": {"code": 429, "message": "slow down"}}),
        EVENTS,
        "cut_off",
    ),
    # litellm 4562, agent-os 2118: the same at Anthropic, with neither stop nor end
    (
        "overloaded inside",
        "anthropic",
        lines(
            {
                "type": "message_start",
                "message": {"model": "claude-1", "usage": {"input_tokens": 9, "output_tokens": 1}},
            },
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hel"}},
            {
                "type": "error",
                "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"},
            },
        ),
        EVENTS,
        "cut_off",
    ),
    # Portkey 1047: a stream of another protocol, which holds an exception
    (
        "Bedrock's frames",
        "openai",
        b"\x00\x00\x00\xa4exception{}",
        "Content-Type: application/vnd.amazon.eventstream",
        "bad_reply",
    ),
)


@pytest.mark.parametrize(
    ("body", "header"), [case[1:] for case in ANSWERED], ids=[case[0] for case in ANSWERED]
)
async def test_an_odd_answer_is_an_answer(wire: "Wire", body: bytes, header: str) -> None:
    outcome = await reply_or_error(wire, body, "openai", header)

    assert isinstance(outcome, ProviderReply), outcome
    assert (outcome.content, outcome.finish_reason) == ("hello", "stop")


@pytest.mark.parametrize(
    ("kind", "body", "header", "error"), [case[1:] for case in FAILED], ids=[case[0] for case in FAILED]
)
async def test_what_is_no_whole_answer_is_a_failed_attempt(
    wire: "Wire", kind: str, body: bytes, header: str, error: str
) -> None:
    outcome = await reply_or_error(wire, body, kind, header)

    assert isinstance(outcome, ProviderError)
    assert outcome.kind == error


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": None, "completion_tokens": 3},
        {"prompt_tokens": "10", "completion_tokens": 3},
        {"prompt_tokens": 10, "completion_tokens": 14417.92},
    ],
)
async def test_counts_that_are_none_are_unknown_and_never_0(wire: "Wire", usage: dict[str, Any]) -> None:
    """As litellm 39618, 28023 and easyllm 40 tell of."""
    outcome = await reply_or_error(wire, whole(usage=usage), "openai", JSON)

    assert isinstance(outcome, ProviderReply)
    counted = normalise("openai", dict(outcome.usage or {}))
    assert counted is not None
    assert None in (counted.input, counted.output)
    assert counted.mismatch
