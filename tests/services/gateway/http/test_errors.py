"""The framework's own errors have OpenAI's error body."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/chat/completions", 405), ("DELETE", "/v1/models", 405)],
)
async def test_the_frameworks_own_errors_have_openais_body(
    bench: Any, method: str, path: str, status: int
) -> None:
    reply = await bench.client.request(method, path)

    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert status != 405 or reply.headers["allow"]
