"""Usage blocks as providers really send them, split into classes that add up; what cannot be read is unknown, never 0."""

import math
from decimal import Decimal

import pytest
from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import MAX_COUNT, MISSING_COUNTS, UsageBlock
from services.meter.domain.usage.normalize import normalise, total_usage

ANTHROPIC: UsageBlock = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 188,
    "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 88},
    "output_tokens": 393,
    "service_tier": "standard",
}
NULLS: UsageBlock = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 12,
    "prompt_tokens_details": None,
    "completion_tokens_details": None,
}
LLAMA_CPP: UsageBlock = {
    "completion_tokens": 17,
    "prompt_tokens": 31,
    "total_tokens": 48,
    "prompt_tokens_details": {"cached_tokens": 30},
}
DATABRICKS: UsageBlock = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "cache_read_input_tokens": 64,
    "reasoning_tokens": 15,
}


def test_cached_tokens_are_counted_once_where_the_input_includes_them() -> None:
    openai = normalise(
        "openai",
        {"prompt_tokens": 2006, "completion_tokens": 300, "prompt_tokens_details": {"cached_tokens": 1920}},
    )
    assert openai == usage(86, 1920, 0, 300, 0)


def test_cached_tokens_are_counted_once_where_the_input_leaves_them_out() -> None:
    found = normalise("anthropic", ANTHROPIC)
    assert found == usage(21, 2000, 100, 393, 0).model_copy(update={"cache_write_1h": 88})


@pytest.mark.parametrize(
    "raw",
    [
        {
            "prompt_tokens": 32,
            "completion_tokens": 189,
            "total_tokens": 221,
            "completion_tokens_details": {"reasoning_tokens": 180},
        },
        {
            "prompt_tokens": 32,
            "completion_tokens": 9,
            "total_tokens": 221,
            "completion_tokens_details": {"reasoning_tokens": 180},
        },
        {"prompt_tokens": 32, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 180}},
        {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 221, "reasoning_tokens": 180},
        {
            "promptTokenCount": 32,
            "candidatesTokenCount": 9,
            "thoughtsTokenCount": 180,
            "totalTokenCount": 221,
        },
        {
            "prompt_token_count": 32,
            "candidates_token_count": 9,
            "thoughts_token_count": 180,
            "total_token_count": 221,
        },
        {
            "input_tokens": 32,
            "cache_read_input_tokens": 0,
            "output_tokens": 189,
            "output_tokens_details": {"thinking_tokens": 180},
        },
    ],
)
def test_reasoning_tokens_are_not_lost_inside_or_outside_the_output(raw: UsageBlock) -> None:
    assert normalise("openai", raw) == usage(32, 0, 0, 9, 180)


def test_reasoning_outside_the_completion_is_known_of_xai_where_no_total_shows_it() -> None:
    raw: UsageBlock = {
        "prompt_tokens": 10,
        "completion_tokens": 30,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    assert normalise("x-ai", raw) == usage(10, 0, 0, 30, 20)
    assert normalise("openai", raw) == usage(10, 0, 0, 10, 20)


def test_reasoning_that_only_the_total_tells_of_is_flagged() -> None:
    # Gemini's address for OpenAI's clients leaves the thoughts out of everything but the total.
    found = normalise("openai", {"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109})
    assert found == flagged(usage(35, 0, 0, 12, 0), "total_tokens is 109, its parts add up to 47")


@pytest.mark.parametrize(
    ("kind", "raw", "classes"),
    [
        ("openai", LLAMA_CPP, (1, 30, 0, 17, 0)),
        ("openai", NULLS, (5, 0, 0, 7, 0)),
        ("databricks", DATABRICKS, (36, 64, 0, 5, 15)),
        ("openai", {"prompt_tokens": 5.0, "completion_tokens": 0, "total_tokens": 5}, (5, 0, 0, 0, 0)),
        ("openai", {"prompt_tokens": 5, "total_tokens": 5}, (5, 0, 0, 0, 0)),
        ("voyageai", {"total_tokens": 5}, (5, 0, 0, 0, 0)),
        (
            "openai",
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 5},
            },
            (1, 3, 5, 1, 0),
        ),
        ("openai", {"input_tokens": 5, "output_tokens": 7}, (5, 0, 0, 7, 0)),
        ("anthropic", {"input_tokens": 5, "output_tokens": 7}, (5, 0, 0, 7, 0)),
        (
            "bedrock",
            {"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 3, "totalTokens": 15},
            (5, 3, 0, 7, 0),
        ),
        (
            "bedrock",
            {"inputTokenCount": 5, "outputTokenCount": 7, "cacheWriteInputTokenCount": 3},
            (5, 0, 3, 7, 0),
        ),
        (
            "bedrock",
            {"prompt_token_count": 5, "generation_token_count": 7, "stop_reason": "stop"},
            (5, 0, 0, 7, 0),
        ),
        ("cohere", {"tokens": {"input_tokens": 5, "output_tokens": 7}}, (5, 0, 0, 7, 0)),
        ("google", {"promptTokenCount": 7}, (7, 0, 0, 0, 0)),
    ],
)
def test_the_shape_of_a_block_says_how_it_is_read(
    kind: str, raw: UsageBlock, classes: tuple[int, ...]
) -> None:
    assert normalise(kind, raw) == usage(*classes)


def test_hour_long_cache_writes_are_told_apart_on_bedrock_too() -> None:
    details: list[JsonValue] = [{"ttl": "5m", "inputTokens": 100}, {"ttl": "1h", "inputTokens": 88}]
    raw: UsageBlock = {
        "inputTokens": 5,
        "outputTokens": 7,
        "cacheWriteInputTokens": 188,
        "cacheDetails": details,
    }
    found = normalise("aws", raw)
    assert found == usage(5, 0, 100, 7, 0).model_copy(update={"cache_write_1h": 88})


def test_advice_by_another_model_is_a_unit_of_its_own_since_it_has_another_price() -> None:
    advice: dict[str, JsonValue] = {
        "type": "advisor_message",
        "model": "claude-opus-4-8",
        "input_tokens": 2518,
        "output_tokens": 22,
    }
    raw: UsageBlock = {
        **ANTHROPIC,
        "iterations": [{"type": "message", "input_tokens": 21, "output_tokens": 393}, advice],
    }
    found = normalise("anthropic", raw)
    assert found is not None
    assert (found.input, found.output, found.units) == (21, 393, {"advisor_tokens": Decimal(2540)})


@pytest.mark.parametrize(
    ("raw", "units"),
    [
        (
            {"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 3}},
            {"web_searches": 3},
        ),
        ({"prompt_tokens": 1, "completion_tokens": 1, "num_sources_used": 4}, {"search_sources": 4}),
        (
            {
                "input_tokens": 1,
                "output_tokens": 1,
                "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1},
            },
            {"web_searches": 2, "social_searches": 1},
        ),
        (
            {
                "prompt_tokens": 1,
                "completion_tokens": 1,
                "server_tool_use_details": {"tool_calls_executed": 1},
            },
            {"server_tool_calls": 1},
        ),
        ({"billed_units": {"search_units": 2}}, {"rerank_searches": 2}),
    ],
)
def test_what_is_not_sold_by_the_token_is_counted_in_units(raw: UsageBlock, units: dict[str, int]) -> None:
    found = normalise("any", raw)
    assert found is not None
    assert (found.units, found.mismatch) == (units, None)


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


def test_anthropic_parts_that_disagree_are_flagged() -> None:
    found = normalise("anthropic", {**ANTHROPIC, "cache_creation_input_tokens": 200})
    assert found is not None
    assert found.mismatch == "cache_creation_input_tokens is 200, its parts add up to 188"


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
    ("raw", "classes", "problem"),
    [
        (
            {"promptTokenCount": 60, "totalTokenCount": 100},
            (60, 0, 0, None, 0),
            "totalTokenCount is 100, its parts add up to 60",
        ),
        (
            {"promptTokenCount": 60, "candidatesTokenCount": 20, "totalTokenCount": 100},
            (60, 0, 0, 20, 0),
            "totalTokenCount is 100, its parts add up to 80",
        ),
        (
            {
                "promptTokenCount": 60,
                "candidatesTokenCount": 20,
                "cachedContentTokenCount": 61,
                "totalTokenCount": 80,
            },
            (None, 61, 0, 20, 0),
            "promptTokenCount is 60, less than the 61 that it includes",
        ),
    ],
)
def test_gemini_leaves_out_what_is_none_but_not_what_its_total_tells_of(
    raw: UsageBlock, classes: tuple[int | None, ...], problem: str
) -> None:
    assert normalise("google", raw) == flagged(usage(*classes), problem)


def test_sound_that_is_cached_and_was_never_sent_is_a_contradiction() -> None:
    details: UsageBlock = {
        "audio_tokens": 5,
        "cached_tokens": 8,
        "cached_tokens_details": {"audio_tokens": 8},
    }
    raw: UsageBlock = {
        "input_tokens": 20,
        "output_tokens": 1,
        "total_tokens": 21,
        "input_token_details": {**details},
    }
    found = normalise("openai", raw)
    assert found is not None
    assert (found.input, found.mismatch) == (None, "audio input is 5, less than the 8 that it includes")


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


def test_no_block_is_no_usage() -> None:
    assert normalise("openai", None) is None


def test_a_sum_is_unknown_where_one_call_is() -> None:
    one, other = usage(10, 0, 0, 5, 0), flagged(usage(None, 0, 0, 5, 1), "prompt_tokens is no count")
    assert total_usage([]) is None
    assert total_usage([None]) is None
    assert total_usage([one, None, one]) == usage(20, 0, 0, 10, 0)
    assert total_usage([one, other]) == flagged(usage(None, 0, 0, 10, 1), "prompt_tokens is no count")


def test_a_sum_adds_up_media_and_units_by_name() -> None:
    one = usage(1, 0, 0, 1, 0).model_copy(
        update={"cache_write_1h": 2, "media": {"input_audio": 3}, "units": {"web_searches": Decimal(1)}}
    )
    other = usage(1, 0, 0, 1, 0).model_copy(update={"media": {"input_audio": 4, "input_image": 5}})
    whole = total_usage([one, other])
    assert whole is not None
    assert (whole.cache_write_1h, whole.media, whole.units) == (
        2,
        {"input_audio": 7, "input_image": 5},
        {"web_searches": 1},
    )


def usage(*classes: int | None) -> TokenUsage:
    fresh, read, written, output, reasoning = classes
    return TokenUsage(input=fresh, cache_read=read, cache_write=written, output=output, reasoning=reasoning)


def flagged(found: TokenUsage, problem: str) -> TokenUsage:
    return found.model_copy(update={"mismatch": problem})
