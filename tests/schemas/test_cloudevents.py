"""CloudEvents on the wire: events travel without loss, broken input is refused without quoting it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.topics import EVENT_OF, TOPIC_OF
from tests.schemas.examples import example_files

SECRET = "jane.doe@example.com"
PLAIN = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "..."}]}'


@pytest.mark.parametrize("path", example_files())
def test_an_example_is_read_and_written_without_loss(path: Path) -> None:
    kind = EVENT_OF[path.stem]
    event = kind.model_validate_json(path.read_bytes())
    assert json.loads(event.model_dump_json(exclude_none=True)) == json.loads(path.read_bytes())


@pytest.mark.parametrize("path", example_files())
def test_an_example_travels_as_a_cloudevent(path: Path) -> None:
    kind = EVENT_OF[path.stem]
    event = kind.model_validate_json(path.read_bytes())
    encoded = encode(event, event_id=UUID(int=7), source="test", time=datetime(2026, 1, 1, tzinfo=UTC))
    back = decode(TOPIC_OF[kind].name, encoded.value, encoded.headers)
    assert back == event
    assert encoded.key.decode() == event.partition_key


def test_a_plain_record_needs_no_headers_on_the_request_topic_only() -> None:
    assert decode("llm.requests", PLAIN, ()).partition_key == "acme"
    with pytest.raises(InvalidEventError, match="no ce_type"):
        decode("llm.completions", PLAIN, ())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"{", "Invalid JSON"),
        (b"\xff\xfe", "JSON"),
        (None, "null"),
        (b"[]", "object"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}', "tenant"),
        (b'{"tenant": "a", "model": "m"}', "one of 'messages', 'prompt' or 'sealed'"),
        (b'{"tenant": "a", "model": "m", "messages": [{"role": "root", "content": "x"}]}', "role"),
        (
            (
                b'{"tenant": "a", "model": "m", "messages": [{"role": "user", '
                b'"content": [{"type": "image_url"}]}]}'
            ),
            "text parts",
        ),
        (b'{"tenant": "a", "model": "m", "messages": [{"role": "user", "content": "\\ud800"}]}', "record"),
    ],
)
def test_broken_input_is_refused_with_the_field_and_the_rule(value: bytes | None, message: str) -> None:
    with pytest.raises(InvalidEventError, match=message):
        decode("llm.requests", value, ())


@pytest.mark.parametrize("field", ["tenant", "model", "temperature", "messages", "tags", "deadline", SECRET])
def test_an_error_never_quotes_what_was_sent(field: str) -> None:
    body = json.loads(PLAIN) | {field: SECRET, "tenant": {SECRET: SECRET}}
    with pytest.raises(InvalidEventError) as caught:
        decode("llm.requests", json.dumps(body).encode(), ())
    assert SECRET not in str(caught.value)


def test_a_type_of_another_topic_is_refused_and_those_of_the_topic_are_named() -> None:
    headers = (("ce_type", b"weir.llm.attempt.started.v1"),)

    with pytest.raises(
        InvalidEventError, match=r"none of those of llm\.requests; accepted: weir\.llm\.request\.v1"
    ):
        decode("llm.requests", PLAIN, headers)


def test_of_many_faults_a_few_are_named_and_the_rest_counted() -> None:
    body = json.loads(PLAIN) | {"messages": [{"role": "root", "content": "x"}] * 9}

    with pytest.raises(InvalidEventError, match=r"messages\.0\.role: .*; and 4 more$"):
        decode("llm.requests", json.dumps(body).encode(), ())


@pytest.mark.parametrize("trace", [None, "00-" + "a" * 32 + "-" + "b" * 16 + "-01"])
def test_a_trace_travels_only_where_there_is_one(trace: str | None) -> None:
    event = decode("llm.requests", PLAIN, ())

    encoded = encode(
        event, event_id=UUID(int=7), source="guard", time=datetime(2026, 1, 1, tzinfo=UTC), traceparent=trace
    )

    headers = dict(encoded.headers)
    assert headers.get("traceparent") == (trace.encode() if trace else None)
    assert (headers["ce_id"], headers["ce_source"]) == (str(UUID(int=7)).encode(), b"/weir/guard")
