"""A request whose answer cannot be handled ends as a failure that keeps its attempts."""

from datetime import UTC, datetime

import pytest

from schemas.answers import AttemptResult, ModelAnswer
from schemas.cloudevents import InvalidEventError, read_model
from services.guard.handler import Guard, RequestLimits
from streaming.brokers.records import Record
from streaming.handling import DeadLetteredRecord
from tests.streaming.loops.bench import SEALER, example


def test_an_unreadable_answer_keeps_its_calls_without_what_their_provider_replied() -> None:
    answer: ModelAnswer = example(ModelAnswer)
    (call,) = answer.attempts
    value = answer.model_dump_json().replace('"status":"answered"', '"status":"?"').encode()
    with pytest.raises(InvalidEventError):
        read_model(ModelAnswer, value)
    guard = Guard(screening=None, policies=None, sealer=SEALER, limits=RequestLimits())  # pyright: ignore[reportArgumentType] - closing looks at neither

    record = Record("llm.answers", 0, 5, 0, None, value)
    closed = guard.close(DeadLetteredRecord(record, None, "invalid_event", "status", datetime.now(UTC)))

    assert closed is not None
    known = {"attempt_id", "number", "provider", "model", "state", "started_at"}
    assert closed.attempts == (AttemptResult.model_validate(call.model_dump(include=known)),)
