"""An invalid call is refused with the field and the way out, and nothing is published."""

import json
from typing import Any

import pytest

KEY = {"authorization": "Bearer weir_acme-key"}
CHAT = {"model": "small", "messages": [{"role": "user", "content": "x"}]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"model": "small", ', 400, "invalid_json"),
        (b'{"model": "sm\xff\xfeall", "messages": []}', 400, "invalid_json"),
        (b'{"model": "small", "messages": [{"role": "user", "content": "\\ud800"}]}', 400, "invalid_json"),
        (b"[" * 5_000, 400, "invalid_json"),
        (b'["no object"]', 400, "invalid_json"),
        (b"", 400, "invalid_json"),
        (b"{}", 400, "invalid_request"),
        (b'{"model": "small", "messages": []}', 400, "invalid_request"),
        (b'{"model": "small", "messages": "hello"}', 400, "invalid_request"),
        (b'{"model": "small", "messages": [{"role": "robot", "content": "x"}]}', 400, "invalid_request"),
        (
            b'{"model": "small", "messages": [{"role": "user", "content": "x"}], "temperature": 9}',
            400,
            "invalid_request",
        ),
        (
            b'{"model": "small", "prompt": "p", "deadline": "2020-01-01T00:00:00Z"}',
            400,
            "invalid_request",
        ),
        (
            b'{"model": "small", "messages": [{"role": "user", "content": "x"}], "tenant": "globex"}',
            400,
            "unknown_parameter",
        ),
        (
            b'{"model": "small", "messages": ['
            + b'{"role": "user", "content": "x"},' * 10_000
            + b'{"role": "user", "content": "x"}]}',
            400,
            "invalid_request",
        ),
        (
            b'{"model": "small", "messages": [{"role": "user", "content": "' + b"x" * 2_000_000 + b'"}]}',
            413,
            "body_too_large",
        ),
    ],
    ids=lambda value: value[:60].decode("latin-1") if isinstance(value, bytes) else None,
)
async def test_a_broken_body_is_refused_and_not_published(
    bench: Any, body: bytes, status: int, code: str
) -> None:
    reply = await bench.client.post(
        "/v1/chat/completions", content=body, headers={"authorization": "Bearer weir_acme-key"}
    )

    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert bench.broker.records("llm.requests") == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"n": 2}, "n"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}
                ]
            },
            "messages.0.content",
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]},
            "messages.0.tool_calls",
        ),
        ({"colour": "red"}, "colour"),
        ({"temperature": "warm"}, "temperature"),
    ],
)
async def test_an_unsupported_parameter_is_named_with_a_way_out(
    bench: Any, fields: dict[str, Any], param: str
) -> None:
    reply = await bench.post(
        "/v1/chat/completions", {"model": "small", "messages": [{"role": "user", "content": "x"}], **fields}
    )

    error = reply.json()["error"]
    assert (reply.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")


async def test_parameters_that_ask_for_nothing_are_accepted(bench: Any) -> None:
    reply = await bench.chat(
        n=1, tools=[], logprobs=False, presence_penalty=0, response_format={"type": "text"}, store=False
    )

    assert reply.status_code == 200


async def test_text_parts_are_joined(bench: Any) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]

    reply = await bench.post(
        "/v1/chat/completions", {"model": "small", "messages": [{"role": "user", "content": parts}]}
    )

    assert reply.json()["choices"][0]["message"]["content"] == "You said: one\ntwo"


async def test_an_error_never_quotes_what_was_sent(bench: Any) -> None:
    secret = "ada@example.org"

    reply = await bench.post(
        "/v1/chat/completions",
        {"model": secret, "messages": [{"role": secret, "content": secret}], secret: 1, "seed": secret},
    )

    assert reply.status_code == 400
    assert secret not in reply.text


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer weir_unknown", "Basic weir_acme-key", "weir_acme-key"]
)
async def test_a_call_without_a_known_key_gets_401(bench: Any, header: str | None) -> None:
    reply = await bench.client.post(
        "/v1/chat/completions", content=b"{", headers={} if header is None else {"authorization": header}
    )

    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert reply.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    "headers",
    [
        {"idempotency-key": "with space"},
        {"x-request-id": "x" * 129},
        {"x-request-timeout": "soon"},
        {"x-request-timeout": "-1"},
    ],
)
async def test_a_broken_header_is_named(bench: Any, headers: dict[str, str]) -> None:
    reply = await bench.chat(headers=headers)

    assert reply.status_code == 400


async def test_a_compressed_body_is_refused_by_name(bench: Any) -> None:
    reply = await bench.chat(headers={"content-encoding": "gzip"})

    assert reply.status_code == 415


async def test_two_names_for_one_request_are_refused(bench: Any) -> None:
    reply = await bench.chat(request_id="a", headers={"idempotency-key": "b"})

    assert reply.status_code == 400


@pytest.mark.parametrize(
    "seconds", ["3e11", "1e308", "nan", "inf", "-inf", "0", "-1", "9" * 60, "", "5, 5", "0x10", "31622401"]
)
async def test_a_timeout_that_is_no_time_to_wait_is_refused_by_name(bench: Any, seconds: str) -> None:
    reply = await bench.client.post(
        "/v1/chat/completions", json=CHAT, headers={**KEY, "x-request-timeout": seconds}
    )

    error = reply.json()["error"]
    assert (reply.status_code, error["param"], error["code"]) == (400, "x-request-timeout", "invalid_request")
    assert "X-Request-Timeout is not a number of seconds above 0 and up to 31622400" in error["message"]
    assert bench.broker.records("llm.requests") == []


@pytest.mark.parametrize("header", ["x-request-id", "idempotency-key"])
@pytest.mark.parametrize("given", ["x" * 129, "a b", ""])
async def test_a_header_that_is_no_request_id_is_refused_by_name(bench: Any, header: str, given: str) -> None:
    reply = await bench.client.post("/v1/chat/completions", json=CHAT, headers={**KEY, header: given})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, header)


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/v1/chat/completions", {"seed": 99999999999999999999999}, "seed"),
        ("/v1/chat/completions", {"seed": 18446744073709551616}, "seed"),
        ("/v1/chat/completions", {"seed": 9223372036854775808}, "seed"),
        ("/v1/chat/completions", {"max_tokens": 10**30}, "max_tokens"),
        ("/v1/chat/completions", {"deadline": "9999-12-31T23:59:59-05:00"}, "deadline"),
        ("/v1/chat/completions", {"deadline": "0001-01-01T00:00:00+05:00"}, "deadline"),
        ("/v1/chat/completions", {"metadata": {"k" * 201: "v"}}, "metadata"),
        ("/v1/chat/completions", {"variables": {"v" * 201: "x"}}, "variables"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": []}]}]}, "messages"),
        ("/v1/requests", {"seed": -(10**30)}, "seed"),
        ("/v1/requests", {"tags": {str(number): "x" for number in range(33)}}, "tags"),
        ("/v1/moderations", {"messages": None, "input": "x", "deadline": 10**30}, "messages"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_number_or_a_date_out_of_bounds_is_refused_by_name(
    bench: Any, path: str, fields: dict[str, Any], param: str
) -> None:
    reply = await bench.client.post(path, content=json.dumps({**CHAT, **fields}), headers=KEY)

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)
    assert bench.broker.records("llm.requests") == []


@pytest.mark.parametrize("name", ["x" * 129, "%00", "a%20b", "%ff", "%F0%9F%98%80"])
async def test_a_path_that_is_no_request_id_names_no_request(bench: Any, name: str) -> None:
    reply = await bench.client.get(f"/v1/requests/{name}", headers=KEY)

    assert reply.status_code == 404
