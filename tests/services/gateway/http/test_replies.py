"""The headers of an error reply tell a client whether and when to retry."""

import pytest

from services.gateway.domain.problems import Problem
from services.gateway.http.replies import problem_reply, sse


@pytest.mark.parametrize(
    ("status", "retry_after_s", "expected"),
    [
        (401, None, {"www-authenticate": "Bearer"}),
        (402, None, {"x-should-retry": "false"}),
        (429, None, {"x-should-retry": "false"}),
        (429, 7, {"retry-after": "7"}),
        (503, 2, {"retry-after": "2"}),
        (504, None, {"x-should-retry": "false"}),
    ],
)
def test_each_status_has_its_headers(
    status: int, retry_after_s: int | None, expected: dict[str, str]
) -> None:
    reply = problem_reply(Problem(status, "t", "c", "m", retry_after_s=retry_after_s))

    headers = {"www-authenticate", "x-should-retry", "retry-after"}
    assert {name: value for name, value in reply.headers.items() if name in headers} == expected


def test_each_event_is_one_line_and_the_end_mark_is_last() -> None:
    assert sse([{"a": "x\ny"}, {}]) == b'data: {"a":"x\\ny"}\n\ndata: {}\n\ndata: [DONE]\n\n'
