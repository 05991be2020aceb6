"""The Anthropic adapter over real sockets: against a server with given bytes, and against llmock."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

from schemas.values import Message
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.anthropic import AnthropicProvider
from services.router.domain.provider_call import ProviderError, ProviderReply

if TYPE_CHECKING:
    from tests.services.router.adapters.conftest import Wire

SECRET = "sk-ant-0123456789"
USAGE = {
    "input_tokens": 9,
    "cache_creation_input_tokens": 4,
    "cache_read_input_tokens": 5,
    "output_tokens": 2,
    "service_tier": "standard",
}
GOOD: Mapping[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-1-20260101",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "hel"},
        {"type": "text", "text": "lo"},
    ],
    "stop_reason": "end_turn",
    "usage": USAGE,
}


def provider_at(url: str, pool: ProviderPool) -> AnthropicProvider:
    return AnthropicProvider(
        ProviderAddress("wire", url, SecretStr(SECRET)), pool, lambda: datetime.now(UTC), LocalTokenCounter()
    )


async def reply_of(wire: "Wire", data: bytes, *messages: Message, **sampling: Any) -> ProviderReply:
    async with wire.saying(data) as url, ProviderPool(1) as pool:
        return await provider_at(url, pool).complete(wire.call(*messages, **sampling))


async def error_of(wire: "Wire", data: bytes) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await reply_of(wire, data)
    return caught.value


def good(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


async def test_a_call_is_asked_as_the_messages_api_wants_it(wire: "Wire") -> None:
    messages = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="Hi", name="bob"),
        Message(role="assistant", content="Hello."),
        Message(role="developer", content="In English."),
        Message(role="tool", content="42"),
    )

    reply = await reply_of(
        wire, wire.http("200 OK", good()), *messages, temperature=1.5, top_p=0.9, stop=("END",), seed=7
    )

    assert reply == ProviderReply(
        "hello", "stop", USAGE, "claude-1-20260101", 200, {"service_tier": "standard"}
    )
    head = wire.heads[0].lower()
    assert head.startswith("post /v1/messages http/1.1")
    assert f"x-api-key: {SECRET}" in head
    assert "anthropic-version: 2023-06-01" in head
    assert "idempotency-key: key-1" in head
    assert "authorization:" not in head
    assert wire.bodies[0] == {
        "model": "a",
        "max_tokens": 16,
        "system": "Be brief.\n\nIn English.",
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "42"},
        ],
        "temperature": 1.0,
        "top_p": 0.9,
        "stop_sequences": ["END"],
    }


async def test_system_texts_alone_are_what_the_user_says(wire: "Wire") -> None:
    await reply_of(wire, wire.http("200 OK", good()), Message(role="system", content="Say hello."))

    assert wire.bodies[0] == {
        "model": "a",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "Say hello."}],
    }


@pytest.mark.parametrize(
    ("stop_reason", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("of_tomorrow", "of_tomorrow"),
    ],
)
async def test_why_an_answer_ended_has_openais_name(wire: "Wire", stop_reason: str, reason: str) -> None:
    reply = await reply_of(wire, wire.http("200 OK", good(stop_reason=stop_reason)))

    assert reply.finish_reason == reason


@pytest.mark.parametrize(
    ("usage", "context"),
    [
        ({"service_tier": "batch"}, {"service_tier": "batch", "processing": "batch"}),
        (
            {"service_tier": "priority", "speed": "fast", "inference_geo": "us"},
            {"service_tier": "priority", "speed": "fast", "inference_geo": "us"},
        ),
        ({"service_tier": "x" * 100, "speed": 7, "plan": "gold"}, {}),
        ({"service_tier": "the prompt of <PERSON_1>"}, {}),
        (None, {}),
    ],
)
async def test_how_a_call_was_served_is_said_in_short_known_labels(
    wire: "Wire", usage: object, context: Mapping[str, str]
) -> None:
    reply = await reply_of(wire, wire.http("200 OK", good(usage=usage)))

    assert reply.price_context == context


async def test_an_answer_without_stop_reason_is_cut_off_and_keeps_its_usage(wire: "Wire") -> None:
    error = await error_of(wire, wire.http("200 OK", good(stop_reason=None)))

    assert (error.kind, error.usage, error.partial_response.estimate) == ("cut_off", USAGE, None)


@pytest.mark.parametrize(
    ("body", "missing"), [(b"{}", "content"), (b'{"content": [{}]}', "content.0.type"), (b"<html>", "body")]
)
async def test_a_reply_of_another_shape_is_named_by_what_it_lacks(
    wire: "Wire", body: bytes, missing: str
) -> None:
    error = await error_of(wire, wire.http("200 OK", body))

    assert error.kind == "bad_reply"
    assert f"bad reply: {missing}: " in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("400 Bad Request", "invalid_request_error", "invalid_request"),
        ("401 Unauthorized", "authentication_error", "configuration"),
        ("403 Forbidden", "permission_error", "configuration"),
        ("404 Not Found", "not_found_error", "configuration"),
        ("413 Payload Too Large", "request_too_large", "invalid_request"),
        ("429 Too Many Requests", "rate_limit_error", "rate_limited"),
        ("500 Internal Server Error", "api_error", "unavailable"),
        ("529 Overloaded", "overloaded_error", "unavailable"),
    ],
)
async def test_every_error_of_the_api_means_something(
    wire: "Wire", status: str, code: str, kind: str
) -> None:
    body = json.dumps(
        {
            "type": "error",
            "error": {"type": code, "message": "the prompt of <PERSON_1>"},
            "request_id": "req_1",
        }
    ).encode()

    error = await error_of(wire, wire.http(status, body, "Retry-After: 3"))

    assert (error.kind, str(error), error.retry_after_s) == (
        kind,
        f"the provider answered {status[:3]} ({code})",
        3.0,
    )


async def test_an_empty_account_is_no_fault_of_the_request(wire: "Wire") -> None:
    message = "Your credit balance is too low to access the API."
    body = json.dumps(
        {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    ).encode()

    error = await error_of(wire, wire.http("400 Bad Request", body))

    assert (error.kind, str(error)) == ("configuration", "the provider answered 400 (its account is empty)")


async def test_a_mock_of_anthropic_is_understood_in_answer_and_in_error(llmock: LLMock, wire: "Wire") -> None:
    llmock.reply("hello from a mock").fail(529, provider="anthropic").rate_limit(
        retry_after=2, provider="anthropic"
    )
    async with ProviderPool(1) as pool:
        provider = AnthropicProvider(
            ProviderAddress("llmock", llmock.base_url("anthropic") + "/v1"),
            pool,
            lambda: datetime.now(UTC),
            LocalTokenCounter(),
        )
        errors: list[ProviderError] = []
        replies: list[ProviderReply] = []
        for _ in range(3):
            try:
                replies.append(
                    await provider.complete(
                        wire.call(Message(role="system", content="s"), Message(role="user", content="u"))
                    )
                )
            except ProviderError as error:
                errors.append(error)

    assert [(reply.content, reply.finish_reason) for reply in replies] == [("hello from a mock", "stop")]
    assert replies[0].usage is not None
    assert {"input_tokens", "output_tokens"} <= replies[0].usage.keys()
    assert [(error.kind, error.status_code, error.retry_after_s) for error in errors] == [
        ("unavailable", 529, 1.0),
        ("rate_limited", 429, 2.0),
    ]
