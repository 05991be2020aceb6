"""Usage blocks as providers really send them, split into classes that add up; what cannot be read is unknown, never 0."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage import MAX_COUNT, Raw, normalise, total

OPENAI_CHAT: Raw = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 128, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
}
OPENAI_RESPONSES: Raw = {
    "input_tokens": 328,
    "input_tokens_details": {"cached_tokens": 64},
    "output_tokens": 52,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 380,
}
ANTHROPIC: Raw = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 188,
    "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 88},
    "output_tokens": 393,
    "service_tier": "standard",
}
DEEPSEEK: Raw = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}
XAI: Raw = {
    "prompt_tokens": 32,
    "completion_tokens": 9,
    "total_tokens": 221,
    "prompt_tokens_details": {"text_tokens": 32, "cached_tokens": 6},
    "completion_tokens_details": {"reasoning_tokens": 180},
}
OPENROUTER: Raw = {
    "prompt_tokens": 1000,
    "completion_tokens": 10,
    "total_tokens": 1010,
    "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 500},
    "cost": 0.01,
}
LLAMA_CPP: Raw = {"completion_tokens": 17, "prompt_tokens": 31, "total_tokens": 48, "prompt_tokens_details": {"cached_tokens": 30}}
NULLS: Raw = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12, "prompt_tokens_details": None, "completion_tokens_details": None}


@pytest.mark.parametrize(
    ("kind", "raw", "classes"),
    [
        ("openai", OPENAI_CHAT, (86, 1920, 0, 172, 128)),
        ("openai", OPENAI_RESPONSES, (264, 64, 0, 32, 20)),
        ("anthropic", ANTHROPIC, (21, 2000, 188, 393, 0)),
        ("openai", DEEPSEEK, (36, 64, 0, 20, 0)),
        ("openai", XAI, (26, 6, 0, 9, 180)),
        ("openai", OPENROUTER, (200, 300, 500, 10, 0)),
        ("openai", LLAMA_CPP, (1, 30, 0, 17, 0)),
        ("openai", NULLS, (5, 0, 0, 7, 0)),
        ("openai", {"prompt_tokens": 5.0, "completion_tokens": 0, "total_tokens": 5}, (5, 0, 0, 0, 0)),
    ],
)
def test_real_blocks_are_split_into_disjoint_classes(kind: str, raw: Raw, classes: tuple[int, ...]) -> None:
    assert normalise(kind, raw) == usage(*classes)


@pytest.mark.parametrize(
    ("raw", "classes", "problem"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 20}, (10, 0, 0, 5, 0), "total_tokens is 20, input and output add up to 15"),
        ({"prompt_tokens": -1, "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        ({"prompt_tokens": "10", "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        ({"prompt_tokens": 10, "completion_tokens": math.nan}, (10, 0, 0, None, 0), "completion_tokens is no count"),
        ({"prompt_tokens": 10, "completion_tokens": math.inf}, (10, 0, 0, None, 0), "completion_tokens is no count"),
        ({"prompt_tokens": 10, "completion_tokens": MAX_COUNT + 1}, (10, 0, 0, None, 0), "completion_tokens is no count"),
        ({"prompt_tokens": 10, "completion_tokens": 1.5}, (10, 0, 0, None, 0), "completion_tokens is no count"),
        ({"prompt_tokens": True, "completion_tokens": 5}, (None, 0, 0, 5, 0), "prompt_tokens is no count"),
        ({"completion_tokens": 5, "total_tokens": 15}, (None, 0, 0, 5, 0), "input or output tokens are missing"),
        ({"prompt_tokens": 10}, (10, 0, 0, None, 0), "input or output tokens are missing"),
        ({}, (None, 0, 0, None, 0), "input or output tokens are missing"),
        ({"tokens": {"in": 10, "out": 5}}, (None, 0, 0, None, 0), "input or output tokens are missing"),
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
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": [1]}, (10, 0, 0, 5, 0), "prompt_tokens_details is no block"),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": -3}},
            (10, 0, 0, None, None),
            "reasoning_tokens is no count",
        ),
    ],
)
def test_bad_counts_are_unknown_and_named(raw: Raw, classes: tuple[int | None, ...], problem: str) -> None:
    assert normalise("openai", raw) == usage(*classes).model_copy(update={"mismatch": problem})


def test_anthropic_parts_that_disagree_are_flagged() -> None:
    found = normalise("anthropic", {**ANTHROPIC, "cache_creation_input_tokens": 200})
    assert found is not None
    assert found.mismatch == "cache_creation_input_tokens is 200, its parts add up to 188"


def test_no_block_is_no_usage_and_an_unknown_kind_is_unreadable() -> None:
    assert normalise("openai", None) is None
    found = normalise("morse", {"prompt_tokens": 1})
    assert found is not None
    assert (found.input, found.output) == (None, None)
    assert found.mismatch is not None
    assert "'morse'" in found.mismatch


def test_a_sum_is_unknown_where_one_call_is() -> None:
    one, other = usage(10, 0, 0, 5, 0), usage(None, 0, 0, 5, 1).model_copy(update={"mismatch": "prompt_tokens is no count"})
    assert total([]) is None
    assert total([None]) is None
    assert total([one, None, one]) == usage(20, 0, 0, 10, 0)
    assert total([one, other]) == usage(None, 0, 0, 10, 1).model_copy(update={"mismatch": "prompt_tokens is no count"})


COUNTS = st.integers(0, 10_000)


@given(prompt=COUNTS, cached=COUNTS, completion=COUNTS, reasoning=COUNTS)
def test_the_classes_add_up_to_the_providers_totals(prompt: int, cached: int, completion: int, reasoning: int) -> None:
    raw: Raw = {
        "prompt_tokens": prompt + cached,
        "completion_tokens": completion + reasoning,
        "total_tokens": prompt + cached + completion + reasoning,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    assert normalise("openai", raw) == usage(prompt, cached, 0, completion, reasoning)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
NAMES = st.sampled_from(
    ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "prompt_tokens_details", "cached_tokens"]
)


@given(raw=st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3)), kind=st.sampled_from(["openai", "anthropic"]))
def test_no_block_breaks_the_normaliser_and_what_is_unknown_is_named(raw: dict[str, JsonValue], kind: str) -> None:
    found = normalise(kind, raw)
    assert found is not None
    assert found.mismatch is not None or None not in {found.input, found.cache_read, found.cache_write, found.output, found.reasoning}


def usage(*classes: int | None) -> TokenUsage:
    fresh, read, written, output, reasoning = classes
    return TokenUsage(input=fresh, cache_read=read, cache_write=written, output=output, reasoning=reasoning)
