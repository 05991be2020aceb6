"""Reading is bounded to the newest letters of each partition, and older ones are counted."""

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from tests.weir.dead_letters.bench import put_letter
from weir.dead_letters.letters import RecordPosition, letter_of
from weir.dead_letters.reading import UnknownDeadLetterError, find_letters, newest_ranges, records_of

TOPICS = ("llm.requests",)


def raw(offset: int, topic: str = "llm.requests") -> Record:
    return Record(topic, 0, offset, 1, b"k", b"{}", ())


async def test_the_newest_letters_are_read_and_the_older_ones_counted(broker: MemoryBroker) -> None:
    for offset in range(200):
        await put_letter(broker, raw(offset), "guard")
    (span,) = await newest_ranges(broker, TOPICS, 150)

    offsets = [record.offset async for records in records_of(broker, span) for record in records]

    assert offsets == list(range(50, 200))
    assert span.unread == 50


async def test_a_letter_is_found_by_its_position_its_original_s_position_and_its_id(
    broker: MemoryBroker,
) -> None:
    request = "5b0f3c1e-7d3a-5a8e-9f64-2c1d0e6b7a90"
    for offset in (11, 12):
        await put_letter(broker, raw(offset), "guard")
    (letter,) = await find_letters(broker, RecordPosition("llm.requests", 0, 12), 100)

    event_id = letter_of(letter).event_id

    assert [record.offset for record in await find_letters(broker, event_id, 100)] == [1]
    assert [
        record.offset for record in await find_letters(broker, RecordPosition("llm.requests.dlq", 0, 0), 100)
    ] == [0]

    for unknown in (
        request,
        RecordPosition("llm.requests", 0, 99),
        RecordPosition("llm.requests.dlq", 0, 99),
        RecordPosition("llm.requests.dlq", 7, 0),
    ):
        with pytest.raises(UnknownDeadLetterError):
            await find_letters(broker, unknown, 100)
    with pytest.raises(UnknownDeadLetterError, match="1 older letters were not read"):
        await find_letters(broker, RecordPosition("llm.requests", 0, 11), 1)
