"""An unexpected exception is answered with 500, and the log has its type and frames without its message."""

import logging
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway.http.middleware import ExceptionMiddleware


async def failing(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("ada@example.org was in here")


async def test_an_unexpected_error_is_a_500_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=ExceptionMiddleware(failing)), base_url="http://gateway"
        ) as client:
            reply = await client.get("/")

    facts: dict[str, Any] = vars(caplog.records[0])
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "internal_error")
    assert facts["error"] == "RuntimeError"
    assert "ada@" not in reply.text + str(facts)
