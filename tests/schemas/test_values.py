"""Small values: names are bounded, unknown fields are ignored, content is text."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas import values
from schemas.values import Message, SourcePosition


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (values.TenantName, "acme"),
        (values.TenantName, "A.b_c-9"),
        (values.TenantName, "x" * 64),
        (values.Name, "local/llama3:8b"),
        (values.Name, "x" * 128),
        (values.PromptReference, "support/greeting@production"),
        (values.PromptReference, "support"),
        (values.RequestId, "~!#"),
        (values.Slug, "is-refusal_2"),
        (values.Label, "any text, also ünïcode"),
    ],
)
def test_a_name_is_taken_as_it_is(kind: Any, name: str) -> None:
    assert TypeAdapter[str](kind).validate_python(name) == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (values.TenantName, ""),
        (values.TenantName, "x" * 65),
        (values.TenantName, "-acme"),
        (values.TenantName, "acme/small"),
        (values.TenantName, "acme\n"),
        (values.TenantName, "аcme"),
        (values.Name, "/model"),
        (values.Name, "a b"),
        (values.Name, "x" * 129),
        (values.PromptReference, "support@"),
        (values.PromptReference, "support@a@b"),
        (values.RequestId, ""),
        (values.RequestId, "a b"),
        (values.RequestId, "a\n"),
        (values.RequestId, "é"),
        (values.Slug, "Upper"),
        (values.Slug, "_a"),
        (values.Label, ""),
        (values.Label, "x" * 201),
    ],
)
def test_a_name_that_is_empty_too_long_or_of_other_signs_is_refused(kind: Any, name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](kind).validate_python(name)


def test_a_field_of_a_newer_producer_is_ignored_and_a_value_never_changes() -> None:
    message = Message.model_validate({"role": "user", "content": "hello", "mood": "good"})

    assert message == Message(role="user", content="hello")
    with pytest.raises(ValidationError, match="frozen"):
        message.content = "bye"


def test_text_parts_of_a_message_become_its_text() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]

    message = Message.model_validate({"role": "user", "content": parts})

    assert message.content == "one\ntwo"


@pytest.mark.parametrize(
    "changed", [{"partition": -1}, {"offset": 2**63}, {"appended_at": "2100-01-01T00:00Z"}]
)
def test_a_position_outside_of_any_log_is_refused(changed: dict[str, Any]) -> None:
    position = {"topic": "llm.requests", "partition": 0, "offset": 0, "appended_at": "2026-01-01T00:00Z"}

    with pytest.raises(ValidationError, match=next(iter(changed))):
        SourcePosition.model_validate({**position, **changed})
