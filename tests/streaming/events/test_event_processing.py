"""Running handlers: which event id a record has, and what becomes of each kind of error."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from schemas.event import Event
from schemas.requests import ScreenedRequest
from schemas.topics import TOPIC_OF
from streaming.brokers.records import Record
from streaming.errors import BadEventError, DependencyDownError, StopServiceError
from streaming.events.event_processing import (
    MAX_TRIES,
    HandlerRunner,
    RecordRejectedError,
    event_id_of,
)
from streaming.handling import Incoming, position_id

DECLARED = UUID(int=7)
SCREENED = TOPIC_OF[ScreenedRequest].name
EXAMPLE = Path(__file__).parents[3] / "schemas" / "examples" / f"{ScreenedRequest.TYPE}.json"


def record(topic: str, ce_id: bytes) -> Record:
    return Record(topic, 0, 5, 1_000, None, EXAMPLE.read_bytes(), (("ce_id", ce_id),))


def incoming() -> Incoming[Event]:
    event = ScreenedRequest.model_validate_json(EXAMPLE.read_bytes())
    return Incoming(event, DECLARED, record(SCREENED, str(DECLARED).encode()), datetime.now(UTC))


class FailingHandler:
    """Raises an error a number of times, then returns nothing."""

    def __init__(self, error: Exception, times: int) -> None:
        self._error = error
        self._times = times
        self.calls = 0

    async def __call__(self, event: Incoming[Event]) -> Sequence[Event]:
        del event
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return []


@pytest.mark.parametrize(
    ("topic", "ce_id", "is_declared"),
    [
        (SCREENED, str(DECLARED).encode(), True),
        (SCREENED, b"no id", False),
        ("llm.requests", str(DECLARED).encode(), False),
    ],
)
def test_an_event_id_is_the_declared_one_except_on_raw_topics(
    topic: str, ce_id: bytes, *, is_declared: bool
) -> None:
    read = record(topic, ce_id)

    assert event_id_of(read) == (DECLARED if is_declared else position_id(read))


async def test_an_unexpected_error_is_retried_and_then_rejects_the_record() -> None:
    recovers, fails = FailingHandler(KeyError("x"), MAX_TRIES - 1), FailingHandler(KeyError("x"), MAX_TRIES)
    runner = HandlerRunner("guard")

    assert await runner.handle(incoming(), recovers) == []
    with pytest.raises(RecordRejectedError) as raised:
        await runner.handle(incoming(), fails)

    assert raised.value.reason == "unexpected_error"
    assert fails.calls == MAX_TRIES


async def test_broken_input_is_rejected_without_a_retry() -> None:
    handler = FailingHandler(BadEventError("invalid_event", "no messages"), 1)

    with pytest.raises(RecordRejectedError) as raised:
        await HandlerRunner("guard").handle(incoming(), handler)

    assert raised.value.reason == "invalid_event"
    assert handler.calls == 1


@pytest.mark.parametrize("error", [DependencyDownError("down"), StopServiceError("stop")])
async def test_waits_and_stops_are_passed_on(error: Exception) -> None:
    handler = FailingHandler(error, 1)

    with pytest.raises(type(error)):
        await HandlerRunner("guard").handle(incoming(), handler)

    assert handler.calls == 1
