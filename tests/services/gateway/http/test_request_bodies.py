"""A body becomes an event with all of its fields."""

from datetime import UTC, datetime

import pytest

from services.gateway.http.request_bodies import ChatBody, RequestBody

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize("kind", [RequestBody, ChatBody])
def test_a_caller_says_which_variables_hold_what_somebody_else_wrote(kind: type[RequestBody]) -> None:
    body = kind.model_validate(
        {
            "model": "small",
            "prompt": "answer",
            "variables": {"page": "hello"},
            "untrusted_variables": ["page"],
        }
    )
    request = body.to_request("acme", "r-1", NOW)
    assert (request.variables, request.untrusted_variables) == ({"page": "hello"}, ("page",))
