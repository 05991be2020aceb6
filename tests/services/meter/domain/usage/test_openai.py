"""Usage blocks of OpenAI and compatible providers: reasoning inside and outside of the output."""

import pytest

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise
from tests.services.meter.usages import flagged, usage


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
