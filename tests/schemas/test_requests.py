"""Requests: content in one form, in the clear or sealed, and the facts that later events repeat."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest, request_in
from tests.schemas.examples import example

HELLO = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"messages": HELLO}, None),
        ({"prompt": "support@production", "variables": {"name": "x"}}, None),
        ({"prompt": "support", "messages": HELLO}, None),
        ({"sealed": "v1.2026-11-02.AAAA"}, None),
        ({"sealed": "v1.2026-11-02.AAAA", "prompt": "support"}, None),
        ({}, "one of 'messages', 'prompt' or 'sealed' is needed"),
        ({"messages": []}, "one of 'messages', 'prompt' or 'sealed' is needed"),
        ({"sealed": ""}, "one of 'messages', 'prompt' or 'sealed' is needed"),
        ({"sealed": "v1", "messages": HELLO}, "send either the seal or the clear text"),
        ({"sealed": "v1", "prompt": "p", "variables": {"a": "b"}}, "send either the seal or the clear text"),
    ],
)
def test_a_request_has_content_in_the_clear_or_sealed(fields: dict[str, Any], message: str | None) -> None:
    request = {"tenant": "acme", "model": "small", **fields}

    if message is None:
        assert LlmRequest.model_validate(request).partition_key == "acme"
    else:
        with pytest.raises(ValidationError, match=message):
            LlmRequest.model_validate(request)


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"top_p": -0.1},
        {"max_tokens": 0},
        {"seed": 2**63},
        {"stop": ["a"] * 5},
        {"stop": [""]},
        {"tags": {str(number): "x" for number in range(33)}},
        {"user": ""},
        {"deadline": "2026-01-01T00:00:00"},
    ],
    ids=str,
)
def test_a_setting_out_of_bounds_is_refused_by_name(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(fields))):
        LlmRequest.model_validate({"tenant": "acme", "model": "small", "messages": HELLO, **fields})


@pytest.mark.parametrize("kind", [ScreenedRequest, AdmittedRequest])
def test_the_request_of_a_record_is_read_also_where_the_rest_of_it_is_broken(
    kind: type[ScreenedRequest | AdmittedRequest],
) -> None:
    event: ScreenedRequest | AdmittedRequest = example(kind)
    broken = json.loads(event.model_dump_json()) | {"verdict": "none", "messages": 7}

    assert request_in(json.dumps(broken).encode()) == event.request


@pytest.mark.parametrize("value", [None, b"", b"{", b"\xff", b"[]", b'{"request": {"tenant": "acme"}}'])
def test_a_record_without_a_whole_request_has_none(value: bytes | None) -> None:
    assert request_in(value) is None
