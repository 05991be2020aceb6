"""Usage and cost in a reply are those that were reported, and null if none were."""

import pytest

from schemas.outcomes import TokenUsage
from services.gateway.domain.replies import usage_of


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, None),
        (TokenUsage(), None),
        (TokenUsage(input=5), None),
        (TokenUsage(input=0, output=0), {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
        (
            TokenUsage(input=5, cache_read=2, cache_write=1, output=4, reasoning=3),
            {
                "prompt_tokens": 8,
                "completion_tokens": 7,
                "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
        ),
    ],
)
def test_token_classes_become_openais_totals(
    usage: TokenUsage | None, expected: dict[str, object] | None
) -> None:
    assert usage_of(usage) == expected
