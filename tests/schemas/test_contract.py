"""The contract: examples replay, generated files are fresh, one topic an event, errors quote nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.event import Event
from schemas.generate import FOLDER, stale
from schemas.topics import EVENT_OF, TOPIC_OF, TOPICS, kafka_topics

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
SECRET = "jane.doe@example.com"
PLAIN = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "..."}]}'


def examples() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(EXAMPLES.glob("*.json"))]


def test_every_version_of_every_event_has_an_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(EVENT_OF)


@pytest.mark.parametrize("path", examples())
def test_an_example_is_read_and_written_without_loss(path: Path) -> None:
    kind = EVENT_OF[path.stem]
    event = kind.model_validate_json(path.read_bytes())
    assert json.loads(event.model_dump_json(exclude_none=True)) == json.loads(path.read_bytes())


@pytest.mark.parametrize("path", examples())
def test_an_example_fits_the_generated_json_schema(path: Path) -> None:
    schema = json.loads((FOLDER / f"{path.stem}.schema.json").read_text())
    Draft202012Validator(schema).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", examples())
def test_an_example_travels_as_a_cloudevent(path: Path) -> None:
    kind = EVENT_OF[path.stem]
    event = kind.model_validate_json(path.read_bytes())
    encoded = encode(event, event_id=UUID(int=7), source="test", time=datetime(2026, 1, 1, tzinfo=UTC))
    back = decode(TOPIC_OF[kind].name, encoded.value, encoded.headers)
    assert back == event
    assert encoded.key.decode() == event.partition_key


def test_generated_files_are_as_the_models_say() -> None:
    assert stale(FOLDER) == []


def test_every_event_class_lives_on_exactly_one_topic() -> None:
    listed = [event for topic in TOPICS for event in topic.events]
    assert len(listed) == len(set(listed))
    assert all(issubclass(event, Event) and event.TYPE for event in listed)


def test_all_tenant_topics_share_one_partition_count() -> None:
    plan = kafka_topics(6)
    counts = {plan[topic.name][0] for topic in TOPICS if topic.partitions == "tenant"}
    assert counts == {6}


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
