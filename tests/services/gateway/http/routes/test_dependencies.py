"""Every route takes the tenant from the API key alone, and checks the key before it reads the body."""

import hashlib
from typing import Any

import pytest


async def test_the_same_body_is_an_event_of_the_tenant_whose_key_sent_it(bench: Any) -> None:
    keys = ("weir_acme-key", "weir_globex-key")

    for key in keys:
        await bench.chat(key=key, request_id="r-1")

    assert [(event.tenant, event.key, event.request_id) for event in bench.pipeline.requests] == [
        (tenant, hashlib.sha256(key.encode()).hexdigest()[:12], "r-1")
        for tenant, key in zip(("acme", "globex"), keys, strict=True)
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/requests"),
        ("POST", "/v1/moderations"),
        ("POST", "/v1/feedback"),
        ("GET", "/v1/requests/r-1"),
        ("GET", "/v1/models"),
    ],
)
async def test_a_call_without_a_key_is_refused_whatever_its_body(bench: Any, method: str, path: str) -> None:
    reply = await bench.client.request(method, path, content=b"{broken")

    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "missing_api_key")
    assert bench.pipeline.published == []
