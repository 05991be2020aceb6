"""The router counts the tokens of broken calls as the meter does for reservations, where that is exact."""

import time

import pytest

from schemas.values import Message
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from services.router.adapters.local_tokens import LocalTokenCounter

MESSAGES = (
    Message(role="system", content="Be brief. <|endoftext|>"),
    Message(role="user", name="bob", content="お元気ですか\x00 def f(x):\n        return x"),
    Message(role="assistant", content=""),
)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4o-mini",
        "openai/gpt-4.1",
        "azure/gpt-5",
        "openai/o3-mini",
        "router/openai/gpt-4-turbo",
        "openai/ft:gpt-3.5-turbo:acme::1",
    ],
)
def test_a_chat_of_openais_counts_the_same_before_and_after_a_call(model: str) -> None:
    counted, reserved = LocalTokenCounter(), BpeTokenCounter()

    assert counted.of_messages(MESSAGES, model) == reserved.estimate(MESSAGES, model)
    assert counted.of_text(MESSAGES[1].content, model) == reserved.count(MESSAGES[1].content, model)


def test_a_chat_of_another_model_counts_no_more_than_was_reserved_for_it() -> None:
    for model in ("anthropic/claude-sonnet-4-5", "google/gemini-2.5-pro", "local/smollm2"):
        assert (
            0
            < LocalTokenCounter().of_messages(MESSAGES, model)
            <= BpeTokenCounter().estimate(MESSAGES, model)
        )


def test_half_a_surrogate_pair_does_not_raise() -> None:
    assert LocalTokenCounter().of_text("\ud800", "openai/gpt-4o") == 1


@pytest.mark.parametrize(
    "text",
    ["word " * 400_000, "x" * 2_000_000, "\N{GRINNING FACE}" * 500_000, "{" * 2_000_000],
    ids=["words", "letters", "faces", "braces"],
)
def test_a_long_text_is_counted_by_its_beginning_so_that_other_calls_do_not_wait(text: str) -> None:
    tokens, whole = LocalTokenCounter(), BpeTokenCounter()
    started = time.perf_counter()

    counted = tokens.of_text(text, "openai/gpt-4o")

    assert time.perf_counter() - started < 0.1
    assert counted == pytest.approx(whole.count(text, "openai/gpt-4o"), rel=0.01)


def test_a_long_conversation_is_counted_by_its_beginning_too() -> None:
    messages = tuple(Message(role="user", content="word " * 2_000) for _ in range(400))
    started = time.perf_counter()

    counted = LocalTokenCounter().of_messages(messages, "openai/gpt-4o")

    assert time.perf_counter() - started < 0.1
    assert counted == pytest.approx(BpeTokenCounter().estimate(messages, "openai/gpt-4o"), rel=0.01)
