"""Counts that cannot be read: unknown and named, never 0."""

import math

import pytest
from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import MAX_COUNT, MISSING_COUNTS, UsageBlock
from services.meter.domain.usage.normalize import normalise
from tests.services.meter.usages import flagged, usage


@pytest.mark.parametrize(
    ("raw", "classes", "problem"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 20},
            (10, 0, 0, 5, 0),
            "total_tokens is 20, its parts add up to 15",
        ),
        ({"prompt_tokens": -1, "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        ({"prompt_tokens": "10", "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        (
            {"prompt_tokens": 10, "completion_tokens": math.nan},
            (10, 0, 0, None, 0),
            "completion_tokens is no count",
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": math.inf},
            (10, 0, 0, None, 0),
            "completion_tokens is no count",
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": MAX_COUNT + 1},
            (10, 0, 0, None, 0),
            "completion_tokens is no count",
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 1.5},
            (10, 0, 0, None, 0),
            "completion_tokens is no count",
        ),
        ({"prompt_tokens": True, "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        ({"completion_tokens": 5, "total_tokens": 15}, (None, 0, 0, 5, 0), MISSING_COUNTS),
        ({"prompt_tokens": 10}, (10, 0, 0, None, 0), MISSING_COUNTS),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}},
            (None, 11, 0, 5, 0),
            "prompt_tokens is 10, less than the 11 that it includes",
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": "all"}},
            (None, None, 0, 5, 0),
            "cached_tokens is no count",
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": [1]},
            (10, 0, 0, 5, 0),
            "prompt_tokens_details is no block",
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "completion_tokens_details": {"reasoning_tokens": -3},
            },
            (10, 0, 0, None, None),
            "reasoning_tokens is no count",
        ),
    ],
)
def test_bad_counts_are_unknown_and_named(
    raw: UsageBlock, classes: tuple[int | None, ...], problem: str
) -> None:
    assert normalise("openai", raw) == flagged(usage(*classes), problem)


@pytest.mark.parametrize(
    ("kind", "raw", "problem"),
    [
        ("openai", {}, "a usage block of a shape that nobody here reads: no fields"),
        ("morse", {"dots": 3, "dashes": 4}, "a usage block of a shape that nobody here reads: dots, dashes"),
        ("openai", {"Hans Muster": 1}, "a usage block of a shape that nobody here reads: no fields"),
        ("openai", [1, 2], "the usage is no block"),
        ("openai", "12", "the usage is no block"),
        ("cohere", {"tokens": {"in": 10, "out": 5}}, MISSING_COUNTS),
        ("google", {"promptTokenCount": None}, MISSING_COUNTS),
        (
            "openai",
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 500},
            "total_tokens is 500, its parts add up to 0",
        ),
        (
            "bedrock",
            {"inputTokens": 0, "outputTokens": 0, "totalTokens": 500},
            "totalTokens is 500, its parts add up to 0",
        ),
        ("google", {"totalTokenCount": 500}, "totalTokenCount is 500, its parts add up to 0"),
        ("openai", {"type": "duration", "seconds": -1}, "seconds is no quantity"),
        ("openai", {"type": "duration", "seconds": math.nan}, "seconds is no quantity"),
    ],
)
def test_a_block_that_tells_nothing_has_a_reason_and_no_class_is_taken_for_none(
    kind: str, raw: UsageBlock, problem: str
) -> None:
    assert normalise(kind, raw) == flagged(TokenUsage(), problem)


@pytest.mark.parametrize(
    "raw",
    [
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"input_tokens": 0, "output_tokens": 0},
    ],
)
def test_a_provider_that_counts_nothing_at_all_is_not_believed_silently(raw: UsageBlock) -> None:
    assert normalise("openai", raw) == flagged(usage(0, 0, 0, 0, 0), "the provider counts nothing at all")


@pytest.mark.parametrize(
    ("kind", "raw", "why"),
    [
        (
            "openai",
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": "many"},
            "total_tokens is no count",
        ),
        (
            "openai",
            {"prompt_tokens": 0, "completion_tokens": 0, "prompt_tokens_details": 7},
            "prompt_tokens_details is no block",
        ),
        (
            "anthropic",
            {"input_tokens": 9, "output_tokens": 9, "server_tool_use": {"web_search_requests": -1}},
            "web_search_requests is no quantity",
        ),
    ],
)
def test_where_what_cannot_be_read_may_be_all_that_costs_nothing_is_known(
    kind: str, raw: dict[str, JsonValue], why: str
) -> None:
    assert normalise(kind, raw) == TokenUsage(mismatch=why)
