"""An unsupported parameter is refused by name unless its value has no effect."""

from typing import Any

import pytest

from services.gateway.domain.problems import ProblemError
from services.gateway.http.unsupported import without_unsupported


def test_a_value_without_effect_is_left_out_and_the_rest_stays() -> None:
    fields = {"model": "small", "n": 1, "tools": [], "store": True, "logprobs": None}

    assert without_unsupported(fields) == {"model": "small"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content"),
    ],
)
def test_a_value_with_an_effect_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(ProblemError) as raised:
        without_unsupported(fields)

    assert (raised.value.problem.status, raised.value.problem.param) == (400, param)
