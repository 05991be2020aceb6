"""Replies of the stub: the same for the same request, and each fault by its model."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.local.stub_replies import (
    ABSURD_TOKENS,
    DEEP_LEVELS,
    HUGE_BYTES,
    MAX_ANSWER_TOKENS,
    MIN_ANSWER_TOKENS,
    MODELS,
    StubChatRequest,
    StubReply,
    malformed,
    reply_to,
)


def asked(model: str = "stub", text: str = "Where is my parcel?", **fields: Any) -> StubChatRequest:
    return StubChatRequest.model_validate(
        {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    )


def choice_of(reply: StubReply) -> dict[str, Any]:
    (choice,) = json.loads(json.dumps(reply.body))["choices"]
    return choice


@given(st.text(), st.integers(1, 60) | st.none())
def test_usage_is_what_the_texts_have_and_an_answer_ends_at_its_limit(text: str, limit: int | None) -> None:
    whole = reply_to(asked(text=text), 0.0, b"").completion_tokens or 0

    reply = reply_to(asked(text=text, max_tokens=limit), 0.0, b"")

    assert MIN_ANSWER_TOKENS <= whole <= MAX_ANSWER_TOKENS
    assert reply.prompt_tokens == 3 + len(text.split())
    assert reply.completion_tokens == len(choice_of(reply)["message"]["content"].split())
    assert reply.completion_tokens == min(whole, limit or whole)
    assert choice_of(reply)["finish_reason"] == (
        "length" if len(choice_of(reply)["message"]["content"].split()) < whole else "stop"
    )


def test_another_message_or_model_has_another_answer() -> None:
    answers = {
        json.dumps(choice_of(reply_to(request, 0.0, b"")))
        for request in (asked(), asked("slow"), asked(text="Where is it?"))
    }

    assert len(answers) == 3


@pytest.mark.parametrize(
    ("model", "status", "has_usage"),
    [
        ("stub", 200, True),
        ("always-503", 503, False),
        ("always-429", 429, False),
        ("far-429", 429, False),
        ("billed-503", 503, True),
        ("cut", 200, True),
        ("silent-cut", 200, False),
    ],
)
def test_a_model_has_its_status_and_its_usage(model: str, status: int, has_usage: bool) -> None:
    reply = reply_to(asked(model), 0.0, b"")

    assert (reply.status, "usage" in reply.body) == (status, has_usage)
    assert ("error" in reply.body) is (status != 200)


@pytest.mark.parametrize("model", ["cut", "silent-cut"])
def test_an_unfinished_answer_has_no_reason_to_end(model: str) -> None:
    assert choice_of(reply_to(asked(model), 0.0, b""))["finish_reason"] is None


def test_about_the_asked_share_of_attempts_fails_and_always_the_same_ones() -> None:
    def failed() -> list[bool]:
        return [reply_to(asked(), 0.3, b"%d" % number).status == 503 for number in range(1_000)]

    assert 250 < sum(failed()) < 350
    assert failed() == failed()
    assert reply_to(asked(), 1.0, b"x").status == 503


def test_malformed_answers_are_of_their_model_alone() -> None:
    content = json.dumps(reply_to(asked(), 0.0, b"").body, separators=(",", ":")).encode()

    assert len(malformed("huge", content)) == len(content) + HUGE_BYTES
    assert malformed("deep", content).count(b"[") == DEEP_LEVELS
    assert json.loads(malformed("absurd-usage", content))["usage"]["completion_tokens"] == ABSURD_TOKENS
    plain = [model for model in (*MODELS, None) if model not in {"huge", "deep", "absurd-usage"}]
    assert {malformed(model, content) for model in plain} == {content}
