"""Rejected records: a dead letter for each, and an end for the request of a caller who waits."""

from pathlib import Path

import pytest

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.requests import ScreenedRequest
from schemas.topics import MAX_DEAD_LETTER_BYTES, TOPIC_OF, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.events.dead_letters import original_of
from streaming.events.event_processing import RecordRejectedError, event_id_of
from streaming.events.publishing import Publisher
from streaming.events.rejecting import MAX_HEAD_BYTES, DeadLetterWriter, RejectedRecord
from streaming.handling import DeadLetteredRecord, derived_id
from streaming.seal.seal import Sealer, new_key

SEALER = Sealer.from_text(new_key())
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
SCREENED, OUTCOMES = TOPIC_OF[ScreenedRequest].name, TOPIC_OF[Completion].name
REQUEST = (EXAMPLES / f"{ScreenedRequest.TYPE}.json").read_bytes()
OUTCOME = Completion.model_validate_json((EXAMPLES / f"{Completion.TYPE}.json").read_bytes())


class Closing:
    """Closes requests with the same outcome, or fails."""

    def __init__(self, error: Exception | None = None, output: str = "small") -> None:
        self._error = error
        self._output = output
        self.asked: list[DeadLetteredRecord] = []

    def __call__(self, dead_lettered: DeadLetteredRecord) -> Event | None:
        self.asked.append(dead_lettered)
        if self._error is not None:
            raise self._error
        return OUTCOME.model_copy(update={"output": self._output})


@pytest.fixture
async def broker() -> MemoryBroker:
    made = MemoryBroker()
    await made.admin.create_topics(kafka_topics(1))
    return made


def writer(broker: MemoryBroker, closing: Closing | None = None) -> DeadLetterWriter[Event]:
    publisher = Publisher(broker.producer, group="meter", sealer=SEALER)
    return DeadLetterWriter(publisher, "meter", {SCREENED: closing} if closing is not None else {})


def rejected(value: bytes = REQUEST) -> RejectedRecord:
    return RejectedRecord(Record(SCREENED, 0, 5, 0, b"acme", value), RecordRejectedError("bug", "KeyError"))


async def test_a_letter_names_the_request_only_where_a_caller_waits(broker: MemoryBroker) -> None:
    await writer(broker, Closing()).write_letter(rejected())
    await writer(broker).write_letter(rejected())
    await (
        DeadLetterWriter[Event]
        .without_closing(Publisher(broker.producer, group="meter", sealer=SEALER), "meter")
        .write_letter(rejected())
    )

    letters = broker.records(f"{SCREENED}.dlq")
    request = ScreenedRequest.model_validate_json(REQUEST).request
    assert [letter.header("weir-request") for letter in letters] == [
        str(request.record_id).encode(),
        None,
        None,
    ]
    assert {letter.header("weir-reason") for letter in letters} == {b"bug"}


async def test_of_a_record_that_is_too_large_for_a_letter_the_head_is_kept(broker: MemoryBroker) -> None:
    huge = rejected(b"x" * MAX_DEAD_LETTER_BYTES)

    await writer(broker).write_letter(huge)

    (letter,) = broker.records(f"{SCREENED}.dlq")
    assert original_of(SEALER, letter).value == b"x" * MAX_HEAD_BYTES
    assert b"only its head is kept" in (letter.header("weir-error") or b"")


async def test_a_request_is_closed_under_an_id_that_a_crash_does_not_change(broker: MemoryBroker) -> None:
    closing = Closing()

    offsets = [await writer(broker, closing).close(rejected(), 0) for _ in range(2)]

    first, second = broker.records(OUTCOMES)
    parent = event_id_of(rejected().record)
    expected = str(derived_id(parent, OUTCOME, 0)).encode()
    assert offsets == [0, 1]
    assert (first.header("ce_id"), second.header("ce_id")) == (expected, expected)
    assert [(asked.reason, asked.message) for asked in closing.asked] == [("bug", "KeyError")] * 2


@pytest.mark.parametrize(
    "closing", [None, Closing(ValueError("broken")), Closing(output="x" * MAX_DEAD_LETTER_BYTES)]
)
async def test_a_request_that_cannot_be_closed_is_left_to_its_deadline(
    broker: MemoryBroker, closing: Closing | None
) -> None:
    assert await writer(broker, closing).close(rejected(), 0) is None
    assert broker.records(OUTCOMES) == []
