"""Streamed answers over real sockets, complete, cut off and stalled, and streams of given bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from llmock.pytest_plugin import LLMock

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.json_parts import JsonDocument
from services.router.adapters.http.response_reading import MAX_REPLY_BYTES
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.anthropic import AnthropicProvider
from services.router.adapters.providers.anthropic_stream import AnthropicStream
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.adapters.providers.openai_stream import OpenAIStream
from services.router.domain.provider_call import ProviderError, ProviderReply

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

PROVIDERS = {"openai": (OpenAIProvider, ""), "anthropic": (AnthropicProvider, "/v1")}
WORDS = "The lamps left the warehouse on Tuesday and should be with you tomorrow at noon."
TOKENS = LocalTokenCounter()
PROMPT_TOKENS = TOKENS.of_text("the prompt of <PERSON_1>", "a") + 4 + 3


async def called(url: str, kind: str, wire: "Wire", timeout_s: float = 5.0) -> ProviderReply:
    provider, path = PROVIDERS[kind]
    async with ProviderPool(1) as pool:
        address = ProviderAddress("mock", url + path, stream=True)
        return await provider(address, pool, lambda: datetime.now(UTC), TOKENS).complete(
            wire.call(timeout_s=timeout_s)
        )


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_whole_stream_is_the_same_reply_with_its_usage(
    llmock: LLMock, wire: "Wire", kind: str
) -> None:
    llmock.reply(WORDS)

    reply = await called(llmock.base_url(kind), kind, wire)

    assert (reply.content, reply.finish_reason, reply.status_code) == (WORDS, "stop", 200)
    assert reply.usage is not None
    assert (set(reply.usage) & {"completion_tokens", "output_tokens"}) != set()
    assert llmock.last_request.stream


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_cut_stream_counts_by_the_pieces_that_arrived(
    llmock: LLMock, wire: "Wire", kind: str
) -> None:
    llmock.reply(WORDS).disconnect(after_chunks=4)

    with pytest.raises(ProviderError) as caught:
        await called(llmock.base_url(kind), kind, wire)

    estimate = caught.value.partial_response.estimate
    assert (caught.value.kind, caught.value.usage) == ("cut_off", None)
    assert estimate is not None
    assert estimate.input_tokens == PROMPT_TOKENS
    assert 1 <= estimate.output_tokens < TOKENS.of_text(WORDS, "a")


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_stream_that_stalls_until_its_time_is_over_counts_by_the_pieces_that_arrived(
    llmock: LLMock, wire: "Wire", kind: str
) -> None:
    llmock.reply(WORDS).stall(after_chunks=4, seconds=3.0)

    with pytest.raises(ProviderError) as caught:
        await called(llmock.base_url(kind), kind, wire, timeout_s=1.2)

    estimate = caught.value.partial_response.estimate
    assert caught.value.kind == "timeout"
    assert estimate is not None
    assert 1 <= estimate.output_tokens < TOKENS.of_text(WORDS, "a")


async def test_a_server_that_does_not_stream_is_understood_all_the_same(wire: "Wire") -> None:
    choices = b'[{"message": {"content": "hi"}, "finish_reason": "stop"}]'
    body = b'{"choices": ' + choices + b', "usage": {"prompt_tokens": 3}}'
    async with wire.saying(wire.http("200 OK", body, "Content-Type: application/json")) as url:
        reply = await called(url, "openai", wire)

    assert reply.content == "hi"
    assert (wire.bodies[0]["stream"], wire.bodies[0]["stream_options"]) == (True, {"include_usage": True})


async def test_of_a_stream_without_a_word_yet_the_input_alone_is_counted(wire: "Wire") -> None:
    first = b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\n\n'
    async with wire.saying(wire.http("200 OK", first, "Content-Type: text/event-stream", length=900)) as url:
        with pytest.raises(ProviderError) as caught:
            await called(url, "openai", wire)

    estimate = caught.value.partial_response.estimate
    assert estimate is not None
    assert (estimate.input_tokens, estimate.output_tokens) == (PROMPT_TOKENS, 0)


async def test_a_streamed_answer_that_no_record_holds_is_refused_with_its_usage(wire: "Wire") -> None:
    piece = (
        b'data: {"choices": [{"delta": {"content": "'
        + b"x" * MAX_REPLY_BYTES
        + b'y"}, "finish_reason": "stop"}]}\n\n'
    )
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 3}}\n\n'
    async with wire.saying(wire.http("200 OK", piece + usage, "Content-Type: text/event-stream")) as url:
        with pytest.raises(ProviderError, match="larger than") as caught:
            await called(url, "openai", wire)

    assert (caught.value.kind, caught.value.usage) == ("bad_reply", {"prompt_tokens": 3})


def put_together(into: EventStream, body: bytes) -> JsonDocument:
    into.feed(body)
    into.end()
    return into.document()


def stream(events: Sequence[str]) -> bytes:
    return "".join(f"event: x\r\ndata: {event}\r\n\r\n" for event in events).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"data:",
        b"data: 7\n\ndata: []\n",
        b"data: {\xff\n",
        b'data: {"choices": 5, "usage": 3}\n',
        b": ping\n\n",
    ],
)
def test_no_stream_breaks_its_reader(body: bytes) -> None:
    assert put_together(OpenAIStream(), body)["choices"] == [
        {"message": {"content": "", "refusal": "", "reasoning_content": ""}, "finish_reason": None}
    ]
    assert put_together(AnthropicStream(), body)["content"] == []
