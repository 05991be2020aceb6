"""The OpenAPI document describes the bodies of the routes that parse them themselves."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

CHAT = {"model": "small", "messages": [{"role": "user", "content": "x"}]}


async def schema_of(bench: Any, path: str) -> Any:
    document = (await bench.client.get("/openapi.json")).json()
    return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]


async def test_every_reference_of_the_document_leads_to_a_schema_in_it(bench: Any) -> None:
    document = (await bench.client.get("/openapi.json")).json()

    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        target = document
        for name in reference.split("/"):
            assert name in target, reference
            target = target[name]


@pytest.mark.parametrize(
    ("path", "body", "is_valid"),
    [
        ("/v1/chat/completions", CHAT, True),
        ("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}, True),
        ("/v1/chat/completions", {**CHAT, "stream_options": {"include": True}}, False),
        ("/v1/chat/completions", {**CHAT, "messages": [{"role": "robot", "content": "x"}]}, False),
        ("/v1/requests", CHAT, True),
        ("/v1/requests", {**CHAT, "tenant": "globex"}, False),
        ("/v1/moderations", {"input": ["one", "two"]}, True),
        ("/v1/moderations", {"input": [{"type": "audio", "text": "x"}]}, False),
        ("/v1/feedback", {"request_id": "r-1", "score": 1}, True),
        ("/v1/feedback", {"request_id": "r-1", "score": 2}, False),
    ],
)
async def test_a_body_fits_its_schema_if_the_route_takes_it(
    bench: Any, path: str, body: dict[str, Any], is_valid: bool
) -> None:
    schema = await schema_of(bench, path)

    assert Draft202012Validator(schema).is_valid(body) == is_valid
