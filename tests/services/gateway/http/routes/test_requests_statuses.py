"""Every outcome has its HTTP status and an error body that OpenAI's clients can read."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("model", "status", "kind", "code"),
    [
        ("blocked", 403, "content_policy", "content_blocked"),
        ("nowhere", 404, "invalid_request_error", "model_not_found"),
        ("promptless", 404, "invalid_request_error", "unknown_prompt"),
        ("wrong", 400, "invalid_request_error", "invalid"),
        ("poor", 402, "insufficient_quota", "budget_exceeded"),
        ("spent-tokens", 402, "insufficient_quota", "token_budget_exceeded"),
        ("spent-requests", 402, "insufficient_quota", "request_budget_exceeded"),
        ("unpriced", 402, "insufficient_quota", "price_unknown"),
        ("crowded", 429, "rate_limit_error", "concurrency_exceeded"),
        ("hasty", 429, "rate_limit_error", "rate_limit_exceeded"),
        ("other-body", 409, "invalid_request_error", "duplicate_other_body"),
        ("broken", 502, "provider_error", "provider_unavailable"),
        ("late", 504, "timeout", "deadline_exceeded"),
        ("oversized", 413, "invalid_request_error", "too_large"),
        ("unforeseen", 500, "server_error", "unexpected_error"),
    ],
)
async def test_each_ending_has_its_status(bench: Any, model: str, status: int, kind: str, code: str) -> None:
    reply = await bench.chat(model=model, request_id="r-1")

    error = reply.json()["error"]
    assert (reply.status_code, error["type"], error["code"]) == (status, kind, code)
    assert (error["request_id"], reply.headers["x-request-id"]) == ("r-1", "r-1")
    assert error["message"]
    assert "param" in error


async def test_a_blocked_request_says_which_rule_blocked_it(bench: Any) -> None:
    reply = await bench.chat(model="blocked")

    assert "prompt injection" in reply.json()["error"]["message"]
    assert reply.headers["x-should-retry"] == "false"


async def test_a_rate_limit_says_when_to_come_back_in_whole_seconds(bench: Any) -> None:
    reply = await bench.chat(model="hasty")

    assert reply.headers["retry-after"] == "7"


async def test_a_request_that_no_rate_ever_lets_in_is_not_asked_back(bench: Any) -> None:
    reply = await bench.chat(model="too-long")

    assert (reply.status_code, reply.headers.get("retry-after"), reply.headers.get("x-should-retry")) == (
        429,
        None,
        "false",
    )


async def test_an_answer_carries_its_cost_usage_and_route(bench: Any) -> None:
    reply = await bench.chat("hello", request_id="r-1", max_tokens=1)

    body = reply.json()
    assert reply.status_code == 200
    assert body["choices"][0]["message"]["content"] == "You said: hello"
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["prompt_tokens"] == 10
    assert body["usage"]["prompt_tokens_details"] == {"cached_tokens": 3}
    assert body["weir"]["cost_usd"] == reply.headers["weir-cost-usd"] == "0.00000108"
    assert (body["weir"]["route"], body["weir"]["request_id"]) == ("small", "r-1")


async def test_the_caller_sees_clear_values_that_the_stream_never_saw(bench: Any) -> None:
    reply = await bench.chat("I am Ada Lovelace")

    assert reply.json()["choices"][0]["message"]["content"] == "You said: I am Ada Lovelace"
    for topic in ("llm.requests", "llm.completions"):
        assert all(b"Lovelace" not in (record.value or b"") for record in bench.broker.records(topic))


async def test_a_call_without_an_outcome_gets_504_at_its_deadline_and_where_to_ask_later(bench: Any) -> None:
    reply = await bench.chat(model="silent", headers={"x-request-timeout": "0.2", "x-request-id": "r-9"})
    later = await bench.get("/v1/requests/r-9")

    assert reply.status_code == 504
    assert "GET /v1/requests/r-9" in reply.json()["error"]["message"]
    assert (later.status_code, later.json()) == (200, {"id": "r-9", "status": "pending"})


async def test_metadata_and_the_newer_token_limit_reach_the_event(bench: Any) -> None:
    await bench.chat(
        metadata={"team": "care"},
        tags={"shop": "eu"},
        max_completion_tokens=17,
        stop="END",
        conversation_id="c-1",
        user="u-1",
    )

    (request,) = bench.pipeline.requests
    assert (request.tags, request.max_tokens, request.stop) == ({"shop": "eu", "team": "care"}, 17, ("END",))
    assert (request.conversation_id, request.user) == ("c-1", "u-1")
    (published,) = bench.pipeline.published
    assert (published.messages, published.user, published.tags, published.conversation_id) == (
        None,
        None,
        {},
        None,
    )
