"""Usage blocks as providers send them, converted to disjoint classes that add up."""

from decimal import Decimal

import pytest

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise, total_usage
from tests.services.meter.usages import ANTHROPIC, flagged, usage

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
