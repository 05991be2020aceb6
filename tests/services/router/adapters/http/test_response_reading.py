"""What is read of an answer that was cut off: its usage block if that is complete, else an estimate."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.response_reading import MAX_REPLY_BYTES
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.anthropic import AnthropicProvider
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.domain.provider_call import ProviderError

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

PROVIDERS = {"openai": OpenAIProvider, "anthropic": AnthropicProvider}
TEXT = "The lamps left the warehouse on Tuesday and should be with you tomorrow."
TOKENS = LocalTokenCounter()
# "the prompt of <PERSON_1>" and its frame
PROMPT_TOKENS = TOKENS.of_text("the prompt of <PERSON_1>", "a") + 4 + 3


def openai_body(
    message: Mapping[str, object] | None = None, *, usage: bool = True, last: bool = False
) -> bytes:
    spent = {"usage": {"prompt_tokens": 12, "completion_tokens": 15, "total_tokens": 27}} if usage else {}
    choices = [
        {
            "index": 0,
            "message": {"role": "assistant", "content": TEXT, **(message or {})},
            "finish_reason": "stop",
        }
    ]
    head = {"id": "chatcmpl-1", "model": "a-1", "service_tier": "flex"}
    return json.dumps(
        {**head, "choices": choices, **spent, **({} if last else {"system_fingerprint": "fp_1"})}
    ).encode()


def anthropic_body(usage: str | None = None) -> bytes:
    blocks = [{"type": "thinking", "thinking": "Look at the order."}, {"type": "text", "text": TEXT}]
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-1",
        "content": blocks,
        "stop_reason": "end_turn",
    }
    return json.dumps(body).encode()[:-1] + (b', "usage": ' + usage.encode() if usage else b"")


async def failed(
    wire: "Wire", kind: str, data: bytes, *, timeout_s: float = 5.0, is_silent: bool = False
) -> ProviderError:
    async with wire.saying(data, is_silent=is_silent) as url, ProviderPool(1) as pool:
        provider = PROVIDERS[kind](ProviderAddress("wire", url), pool, lambda: datetime.now(UTC), TOKENS)
        with pytest.raises(ProviderError) as caught:
            await provider.complete(wire.call(timeout_s=timeout_s))
    return caught.value


def counts(error: ProviderError) -> tuple[int, int] | None:
    estimate = error.partial_response.estimate
    return (estimate.input_tokens, estimate.output_tokens) if estimate is not None else None


@pytest.mark.parametrize("words", [1, 5, 11])
async def test_a_cut_answer_counts_by_the_text_that_arrived(wire: "Wire", words: int) -> None:
    arrived = " ".join(TEXT.split()[:words])
    body = openai_body()
    cut = body[: body.index(arrived.encode()) + len(arrived)]

    error = await failed(wire, "openai", wire.http("200 OK", cut, length=len(body)))

    assert (error.kind, counts(error)) == ("cut_off", (PROMPT_TOKENS, TOKENS.of_text(arrived, "a")))
    assert (error.usage, error.partial_response.response_model, error.partial_response.price_context) == (
        None,
        "a-1",
        {"service_tier": "flex"},
    )
    assert arrived not in repr(error.partial_response)


async def test_an_answer_that_stops_coming_counts_by_the_text_that_arrived_in_time(wire: "Wire") -> None:
    body = openai_body()
    cut = body[: body.index(b" on Tuesday")]

    error = await failed(
        wire, "openai", wire.http("200 OK", cut, length=len(body)), timeout_s=0.3, is_silent=True
    )

    assert (error.kind, counts(error)) == (
        "timeout",
        (PROMPT_TOKENS, TOKENS.of_text("The lamps left the warehouse", "a")),
    )


@pytest.mark.parametrize("field", ["reasoning_content", "refusal"])
async def test_what_was_thought_or_refused_counts_too(wire: "Wire", field: str) -> None:
    body = openai_body({"content": None, field: "No word of it."}, usage=False)

    error = await failed(wire, "openai", wire.http("200 OK", body, length=len(body) + 9))

    assert counts(error) == (PROMPT_TOKENS, TOKENS.of_text("No word of it.", "a"))


async def test_bytes_in_which_no_answer_is_found_count_as_they_are(wire: "Wire") -> None:
    cut = openai_body()[:20]

    error = await failed(wire, "openai", wire.http("200 OK", cut, length=900))

    assert counts(error) == (PROMPT_TOKENS, TOKENS.of_text(cut.decode(), "a"))


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("missing", [0, 1])
async def test_whole_usage_in_a_broken_body_wins(wire: "Wire", *, last: bool, missing: int) -> None:
    body = openai_body(last=last)

    error = await failed(
        wire, "openai", wire.http("200 OK", body[: len(body) - missing], length=len(body) + 7)
    )

    assert (error.usage, counts(error)) == (
        {"prompt_tokens": 12, "completion_tokens": 15, "total_tokens": 27},
        None,
    )


@pytest.mark.parametrize(
    "end", [b'"completion_tokens": 1', b'"prompt_tokens": 12, "completion_tokens": 15, "total_tokens": 27']
)
async def test_usage_that_is_itself_cut_counts_for_nothing(wire: "Wire", end: bytes) -> None:
    body = openai_body(last=True)
    cut = body[: body.index(end) + len(end)]

    error = await failed(wire, "openai", wire.http("200 OK", cut, length=len(body)))

    assert (error.usage, counts(error)) == (None, (PROMPT_TOKENS, TOKENS.of_text(TEXT, "a")))


async def test_an_answer_of_anthropic_counts_its_text_and_its_thinking(wire: "Wire") -> None:
    cut = anthropic_body('{"input_tokens": 30, "output_tok')

    error = await failed(wire, "anthropic", wire.http("200 OK", cut, length=900))

    assert (error.kind, error.usage) == ("cut_off", None)
    assert counts(error) == (PROMPT_TOKENS, TOKENS.of_text("Look at the order." + TEXT, "claude-1"))
    assert error.partial_response.response_model == "claude-1"


async def test_an_answer_of_anthropic_with_whole_usage_is_booked_by_it(wire: "Wire") -> None:
    cut = anthropic_body('{"input_tokens": 30, "output_tokens": 21, "speed": "fast"}')

    error = await failed(wire, "anthropic", wire.http("200 OK", cut, length=900))

    assert (error.usage, counts(error)) == ({"input_tokens": 30, "output_tokens": 21, "speed": "fast"}, None)
    assert error.partial_response.price_context == {"speed": "fast"}


async def test_an_answer_that_we_cut_since_it_is_too_long_is_counted(wire: "Wire") -> None:
    body = openai_body(usage=False).replace(TEXT.encode(), b"word " * (MAX_REPLY_BYTES // 5 + 1))

    error = await failed(wire, "openai", wire.http("200 OK", body))

    estimate: Any = error.partial_response.estimate
    assert error.kind == "bad_reply"
    assert estimate.output_tokens == pytest.approx(MAX_REPLY_BYTES / 5, rel=0.01)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", "cut_off"),
        (b"HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\n{", None),
    ],
)
async def test_where_nothing_of_an_answer_arrived_nothing_is_counted(
    wire: "Wire", data: bytes, kind: str | None
) -> None:
    error = await failed(wire, "openai", data)

    assert error.kind == (kind or "unavailable")
    assert (error.usage, counts(error)) == (None, None)


async def test_a_page_that_is_no_answer_is_not_counted(wire: "Wire") -> None:
    error = await failed(wire, "openai", wire.http("200 OK", b"<html>a page of a proxy</html>"))

    assert (error.kind, counts(error)) == ("bad_reply", None)
