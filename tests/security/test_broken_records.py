"""Any bytes in a record or a body are an event or a refusal that names the field and quotes nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.event import Event
from schemas.requests import LlmRequest
from schemas.topics import EVENT_OF, TOPIC_OF
from services.gateway.domain.problems import ProblemError
from services.gateway.http.moderation_bodies import ModerationBody, without_images
from services.gateway.http.request_bodies import ChatBody, FeedbackBody, RequestBody
from services.gateway.http.request_parsing import parse
from services.gateway.http.unsupported import without_unsupported
from streaming.errors import BadEventError
from streaming.seal.content import REQUEST, opened_request
from streaming.seal.seal import Sealer, new_key
from tests.fuzzing import often
from tests.security.drawing import example_of
from tests.security.leaf_values import foreign_json

pytestmark = pytest.mark.fuzz
CANARY = "canary-7Q5"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SEALER = Sealer.from_text(new_key())

PLAIN = {"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "hi"}]}
DEEP, ENDLESS = b"[" * 10_000 + b"]" * 10_000, b"9" * 5_000
ODD_JSON: Sequence[Any] = (
    CANARY,
    None,
    True,
    -1,
    0,
    10**40,
    -(10**40),
    2**64,
    1e308,
    float("inf"),
    float("nan"),
    [],
    {},
    [[CANARY]],
    {CANARY: CANARY},
    "0001-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59-05:00",
    "1E+400",
    "NaN",
    "x" * 300_000,
    [{"type": []}],
    {"type": CANARY},
)


def with_field(field: str, text: bytes) -> bytes:
    return json.dumps(PLAIN).encode()[:-1] + b', "' + field.encode() + b'": ' + text + b"}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (with_field("seed", b"99999999999999999999999"), "seed"),
        (with_field("seed", b"18446744073709551616"), "seed"),
        (with_field("seed", b"-9223372036854775809"), "seed"),
        (with_field("seed", b"1e300"), "seed"),
        (with_field("seed", ENDLESS), "Invalid JSON"),
        (with_field("deadline", b'"0001-01-01T00:00:00+05:00"'), "deadline"),
        (with_field("deadline", b'"9999-12-31T23:59:59-14:00"'), "deadline"),
        (with_field("deadline", b"1e300"), "deadline"),
        (with_field("deadline", b"99999999999999999999999"), "deadline"),
        (with_field("deadline", b'"2100-01-01T00:00:00Z"'), "deadline"),
        (with_field("max_tokens", b"1" + b"0" * 400), "max_tokens"),
        (with_field("temperature", b"1e999"), "temperature"),
        (with_field("temperature", b"NaN"), "temperature"),
        (with_field("top_p", b'"nan"'), "top_p"),
        (with_field("user", b'"' + b"u" * 201 + b'"'), "user"),
        (with_field("variables", b'{"' + b"v" * 201 + b'": "x"}'), "variables"),
        (with_field("ignored", DEEP), "Invalid JSON"),
        (with_field("messages", DEEP), "Invalid JSON"),
        (with_field("ignored", ENDLESS), "Invalid JSON"),
        (with_field("user", b'"\\ud800"'), "Invalid JSON"),
        (with_field("user", b'"\xff"'), "Invalid JSON"),
        (b"\xef\xbb\xbf" + json.dumps(PLAIN).encode(), "Invalid JSON"),
        (json.dumps(PLAIN).encode("utf-16"), "Invalid JSON"),
        (b"", "Invalid JSON"),
        (b"\x00", "Invalid JSON"),
        (DEEP, "Invalid JSON"),
        (with_field("tenant", b'"a\\u0000"'), "tenant"),
    ],
    ids=lambda value: value[:90].decode("latin-1")[-40:] if isinstance(value, bytes) else None,
)
def test_a_record_out_of_bounds_is_invalid_and_names_the_field(value: bytes, message: str) -> None:
    with pytest.raises(InvalidEventError, match=message):
        decode("llm.requests", value, ())


@pytest.mark.parametrize(
    "value",
    [
        with_field("ignored", b"1e999"),
        with_field("seed", b"7") + b" \n",
        with_field("seed", b'1, "seed": 2'),
        with_field("user", b'"a\\u0000b"'),
    ],
)
def test_what_keeps_the_bounds_is_an_event(value: bytes) -> None:
    assert isinstance(decode("llm.requests", value, ()), LlmRequest)


@pytest.mark.parametrize(
    "declared",
    [
        b"",
        b"\xff\xfe",
        b"\x00",
        b"weir.llm.request.v1\n",
        "weir.llm.request.v1".encode("utf-16"),
        b"x" * 100_000,
    ],
)
@pytest.mark.parametrize("topic", ["llm.requests", "llm.completions", "nowhere"])
def test_a_type_that_does_not_exist_is_invalid(declared: bytes, topic: str) -> None:
    with pytest.raises(InvalidEventError, match="ce_type is none of those"):
        decode(topic, json.dumps(PLAIN).encode(), [("ce_type", declared)])


@pytest.mark.parametrize("kind", EVENT_OF.values(), ids=lambda kind: kind.TYPE)
def test_a_mutated_record_is_an_event_or_invalid_and_never_quoted(kind: type[Event]) -> None:
    @often(60)
    @given(
        changes=st.lists(
            st.tuples(st.integers(0, 10_000), st.sampled_from(ODD_JSON) | foreign_json()),
            min_size=1,
            max_size=3,
        )
    )
    def mutate(changes: Sequence[tuple[int, Any]]) -> None:
        value: Any = example_of(kind)
        for index, odd in changes:
            value = changed(value, index, odd)
        check(kind, json.dumps(value).encode())

    mutate()


@pytest.mark.parametrize("kind", EVENT_OF.values(), ids=lambda kind: kind.TYPE)
def test_a_record_with_odd_bytes_is_an_event_or_invalid(kind: type[Event]) -> None:
    whole = json.dumps(example_of(kind)).encode()

    @often(60)
    @given(
        index=st.integers(0, len(whole)),
        odd=st.binary(max_size=6)
        | st.sampled_from((b"\\ud800", b"1e999", b"NaN", b"-", b"\x00", DEEP, ENDLESS)),
    )
    def mutate(index: int, odd: bytes) -> None:
        check(kind, whole[:index] + odd + whole[index + 1 :])

    mutate()


@pytest.mark.parametrize(
    "field",
    [
        b'{"seed": 99999999999999999999999}',
        b'{"messages": ' + DEEP + b"}",
        b'{"user": ' + ENDLESS + b"}",
        b"[]",
        b"",
        b"\xff",
        b'{"deadline": "0001-01-01T00:00:00+05:00"}',
    ],
    ids=lambda value: value[:30].decode("latin-1"),
)
def test_what_is_wrong_in_a_seal_is_a_bad_event(field: bytes) -> None:
    sealed = SEALER.seal(field, tenant="acme", purpose=REQUEST, context="", at=NOW)

    with pytest.raises(BadEventError) as caught:
        opened_request(SEALER, LlmRequest(tenant="acme", model="small", sealed=sealed))
    assert caught.value.reason == "invalid_event"


def chat(fields: Mapping[str, object]) -> BaseModel:
    return parse(ChatBody, without_unsupported(fields))


def moderation(fields: Mapping[str, object]) -> BaseModel:
    body = parse(ModerationBody, without_images(fields))
    body.to_requests("acme", "r1", NOW)
    return body


BODIES: Mapping[str, tuple[Callable[[Mapping[str, object]], BaseModel], Mapping[str, Any]]] = {
    "chat": (
        chat,
        {
            "model": "small",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
            "stop": ["a"],
            "metadata": {"a": "b"},
            "n": 1,
        },
    ),
    "request": (
        lambda fields: parse(RequestBody, fields),
        {**PLAIN, "variables": {"a": "b"}, "deadline": "2027-01-01T00:00:00Z", "seed": 1, "tags": {"a": "b"}},
    ),
    "moderation": (moderation, {"input": [{"type": "text", "text": "x"}], "model": "small"}),
    "feedback": (
        lambda fields: parse(FeedbackBody, fields),
        {"request_id": "r1", "score": 0.5, "labels": ["good"]},
    ),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_mutated_body_is_a_request_or_refused_and_never_quoted(kind: str) -> None:
    read, body = BODIES[kind]

    @often(60)
    @given(
        changes=st.lists(
            st.tuples(st.integers(0, 10_000), st.sampled_from(ODD_JSON) | foreign_json()),
            min_size=1,
            max_size=3,
        )
    )
    def mutate(changes: Sequence[tuple[int, Any]]) -> None:
        value: Any = body
        for index, odd in changes:
            value = changed(value, index, odd)
        if isinstance(value, dict):
            refuse_or_read(read, value)

    mutate()


def refuse_or_read(read: Callable[[Mapping[str, object]], BaseModel], value: Mapping[str, object]) -> None:
    message, body = "", None
    try:
        body = read(value)
    except ProblemError as error:
        message = f"{error.problem.message} {error.problem.param}"
    assert CANARY not in message
    if isinstance(body, RequestBody):
        request = body.to_request("acme", "r1", NOW)
        written = encode(request, event_id=UUID(int=1), source="test", time=NOW)
        assert decode("llm.requests", written.value, written.headers) == request


def check(kind: type[Event], value: bytes) -> None:
    message, event = "", None
    try:
        event = decode(TOPIC_OF[kind].name, value, [("ce_type", kind.TYPE.encode())])
    except InvalidEventError as error:
        message = str(error)
    assert CANARY not in message
    assert isinstance(event, kind) or message


def changed(value: Any, index: int, odd: Any) -> Any:
    """The value with an odd value at one of its paths; `index` counts the paths through all levels."""
    paths = list(paths_of(value, ()))
    return put(value, paths[index % len(paths)], odd)


def paths_of(value: Any, path: tuple[Any, ...]) -> Any:
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_of(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_of(inner, (*path, index))


def put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    if isinstance(value, dict):
        return {
            name: put(inner, path[1:], odd) if name == path[0] else inner for name, inner in value.items()
        }
    return [put(inner, path[1:], odd) if index == path[0] else inner for index, inner in enumerate(value)]
