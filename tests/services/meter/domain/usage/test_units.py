"""Units beside tokens, as providers count them."""

import pytest

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise


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
