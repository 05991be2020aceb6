"""The OpenAI adapter over real sockets: against a server with given bytes, and against llmock."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest
from llmock.pytest_plugin import LLMock

from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.providers.openai import OpenAIProvider
from services.router.domain.provider_call import ProviderError, ProviderReply
from tests.services.router.adapters.raw_server import (
    GOOD,
    PROMPT,
    SECRET,
    WireServer,
    call,
    error_of,
    http,
    provider_at,
    says,
)


async def test_a_call_carries_key_ids_and_settings_and_nothing_unset() -> None:
    async with provider_at(says(http("200 OK", json.dumps(GOOD).encode()))) as (provider, wire):
        reply = await provider.complete(call(temperature=0.2, stop=("END",)))

    assert reply == ProviderReply("hello", "stop", {"prompt_tokens": 3}, "a-1", 200)
    head = wire.heads[0].lower()
    assert head.startswith("post /v1/chat/completions http/1.1")
    assert f"authorization: bearer {SECRET}" in head
    assert "idempotency-key: key-1" in head
    assert f"x-weir-attempt: {UUID(int=9)}" in head
    assert wire.bodies[0] == {
        "model": "a",
        "messages": [{"role": "user", "content": PROMPT, "name": "caller"}],
        "max_tokens": 16,
        "temperature": 0.2,
        "stop": ["END"],
    }


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b"<html>hello</html>", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body"),
        (b"", "body"),
        (b"[" * 100_000, "body"),
        (b"{}", "choices"),
        (b'{"choices": []}', "choices"),
        (b'{"choices": [{}]}', "choices.0.message"),
        (b'{"choices": [{"message": {}}], "usage": {"prompt_tokens": 3}}', "choices.0.message.content"),
        (b'{"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]}', "choices.0.message.content"),
        (b'{"choices": [{"message": {"content": [{"type": "image"}]}}]}', "choices.0.message.content"),
    ],
)
async def test_a_reply_of_another_shape_is_named_by_what_it_lacks(body: bytes, missing: str) -> None:
    error = await error_of(says(http("200 OK", body)))

    assert error.kind == "bad_reply"
    assert f"bad reply: {missing}: " in str(error)
    assert error.usage == ({"prompt_tokens": 3} if b"usage" in body else None)


@pytest.mark.parametrize("reason", [b"null", b'""'])
async def test_an_answer_without_finish_reason_is_cut_off_and_keeps_its_usage(reason: bytes) -> None:
    body = (
        b'{"choices": [{"message": {"content": "hel"}, "finish_reason": '
        + reason
        + b'}], "usage": {"completion_tokens": 1}}'
    )

    error = await error_of(says(http("200 OK", body)))

    assert (error.kind, error.usage) == ("cut_off", {"completion_tokens": 1})


async def test_a_refusal_text_stands_for_content_and_odd_usage_is_unknown() -> None:
    choice = b'{"message": {"content": null, "refusal": "no"}, "finish_reason": "stop"}'
    body = b'{"choices": [' + choice + b'], "usage": [1], "model": 5}'
    async with provider_at(says(http("200 OK", body))) as (provider, _):
        reply = await provider.complete(call())

    assert reply == ProviderReply("no", "stop", None, None, 200)


@pytest.mark.parametrize(
    ("tier", "context"),
    [
        ("flex", {"service_tier": "flex"}),
        ("default", {"service_tier": "default"}),
        (None, {}),
        (7, {}),
        ("x" * 50, {}),
        (PROMPT, {}),
    ],
)
async def test_the_tier_that_served_a_call_is_said_where_it_is_a_short_label(
    tier: object, context: dict[str, str]
) -> None:
    async with provider_at(says(http("200 OK", json.dumps({**GOOD, "service_tier": tier}).encode()))) as (
        provider,
        _,
    ):
        reply = await provider.complete(call())

    assert reply.price_context == context


async def test_a_reasoning_model_gets_its_limit_under_the_name_that_it_wants() -> None:
    wire = WireServer(says(http("200 OK", json.dumps(GOOD).encode())))
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    address = ProviderAddress(
        "wire",
        f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1",
        limit_field="max_completion_tokens",
    )
    async with server, ProviderPool(1) as client:
        await OpenAIProvider(address, client, lambda: datetime.now(UTC), LocalTokenCounter()).complete(call())

    assert wire.bodies[0]["max_completion_tokens"] == 16
    assert "max_tokens" not in wire.bodies[0]


async def test_what_a_provider_says_of_the_prompt_is_repeated_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    body = json.dumps(
        {"error": {"message": f"bad: {PROMPT}", "code": PROMPT, "type": "context_length_exceeded"}}
    ).encode()

    error = await error_of(says(http("400 Bad Request", body)))

    assert (error.kind, str(error)) == (
        "invalid_request",
        "the provider answered 400 (context_length_exceeded)",
    )
    assert PROMPT not in caplog.text
    assert SECRET not in caplog.text


async def test_an_empty_account_is_no_rate_limit() -> None:
    error = await error_of(says(http("429 Too Many Requests", b'{"error": {"code": "insufficient_quota"}}')))

    assert error.kind == "configuration"


async def test_a_rate_limit_says_how_long_to_wait_and_what_it_cost() -> None:
    body = b'{"error": {"code": "rate_limit_exceeded"}, "usage": {"prompt_tokens": 4}}'

    error = await error_of(says(http("429 Too Many Requests", body, "Retry-After: 7")))

    assert (error.kind, error.retry_after_s, error.usage) == ("rate_limited", 7.0, {"prompt_tokens": 4})


async def test_a_mock_of_openai_is_understood_in_answer_and_in_error(llmock: LLMock) -> None:
    llmock.reply("hello from a mock").context_overflow().fail(503).rate_limit(retry_after=2)
    async with ProviderPool(1) as client:
        provider = OpenAIProvider(
            ProviderAddress("llmock", llmock.base_url()),
            client,
            lambda: datetime.now(UTC),
            LocalTokenCounter(),
        )
        errors: list[ProviderError] = []
        replies: list[ProviderReply] = []
        for index in range(4):
            try:
                replies.append(await provider.complete(call(model="gpt-4o-mini", seed=index)))
            except ProviderError as error:
                errors.append(error)

    assert [reply.content for reply in replies] == ["hello from a mock"]
    assert replies[0].usage is not None
    assert [(error.kind, error.status_code) for error in errors] == [
        ("invalid_request", 400),
        ("unavailable", 503),
        ("rate_limited", 429),
    ]
    assert errors[2].retry_after_s == 2
