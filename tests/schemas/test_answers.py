"""Answers: the calls of a broken answer are still counted, without a word that a provider sent."""

import json

import pytest

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer, calls_in
from tests.schemas.examples import example


def test_the_calls_of_an_answer_are_read_also_where_the_rest_is_broken() -> None:
    answer: ModelAnswer = example(ModelAnswer)
    fields = json.loads(answer.model_dump_json())
    fields["answered_at"] = "never"
    fields["attempts"][0]["usage"] = ["not", "a", "report"]

    calls = calls_in(json.dumps(fields).encode())

    assert [call.attempt_id for call in calls] == [call.attempt_id for call in answer.attempts]
    assert [call.state for call in calls] == [call.state for call in answer.attempts]
    assert all(call.usage is None and call.error is None for call in calls)


@pytest.mark.parametrize("value", [None, b"", b"{", b"\xff", b"[]", b'{"attempts": [{"number": 1}]}'])
def test_what_holds_no_calls_has_none(value: bytes | None) -> None:
    assert calls_in(value) == ()


@pytest.mark.parametrize("kind", [Attempt, ModelAnswer, ScreenedAnswer])
def test_the_events_of_an_answer_are_kept_together_by_tenant(
    kind: type[Attempt | ModelAnswer | ScreenedAnswer],
) -> None:
    event: Attempt | ModelAnswer | ScreenedAnswer = example(kind)

    assert event.partition_key == (event.tenant if isinstance(event, Attempt) else event.request.tenant)
