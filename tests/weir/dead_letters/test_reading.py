"""Reading is bounded: the newest letters of each topic, what is left out is counted, and strangers' records are no obstacle."""

from datetime import timedelta

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from tests.weir.dead_letters.bench import NOW, append, put_letter
from weir.dead_letters.letters import FOREIGN, LETTERED, RecordPosition, letter_of, parse_position
from weir.dead_letters.reading import UnknownDeadLetterError, find_letters, newest_ranges, records_of
from weir.dead_letters.tables import MOST_GROUPS, DeadLetterCounts

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


async def test_a_letter_is_found_by_its_place_its_original_s_place_and_its_id(broker: MemoryBroker) -> None:
    request = "5b0f3c1e-7d3a-5a8e-9f64-2c1d0e6b7a90"
    for offset in (11, 12):
        await put_letter(broker, raw(offset), "guard")
    (letter,) = await find_letters(broker, RecordPosition("llm.requests", 0, 12), 100)
    event_id = letter_of(letter).event_id
    assert [found.offset for found in await find_letters(broker, event_id, 100)] == [1]
    assert [
        found.offset for found in await find_letters(broker, RecordPosition("llm.requests.dlq", 0, 0), 100)
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


async def test_what_a_stranger_wrote_is_counted_as_such(broker: MemoryBroker) -> None:
    odd = (
        ("weir-source-topic", b"llm.requests"),
        ("weir-source-partition", "٣".encode()),
        ("weir-error", b"\x1b[31mred\xff\n"),
        ("ce_id", b"1" * 500),
    )
    for headers in (
        (),
        odd,
        (
            ("weir-source-topic", b"llm.answers"),
            ("weir-source-partition", b"0"),
            ("weir-source-offset", b"1"),
        ),
    ):
        await append(broker, "llm.requests.dlq", b"\xff", headers)
    await append(broker, "llm.requests.dlq", None, (("caf\udce9", b"x"),))
    letters = [letter_of(record) for record in broker.records("llm.requests.dlq")]
    assert {letter.reason for letter in letters} == {FOREIGN}
    assert all(letter.error.isprintable() and letter.event_id == "-" for letter in letters)


def test_of_many_different_errors_the_rest_is_one_line() -> None:
    counts = DeadLetterCounts()
    for number in range(MOST_GROUPS + 50):
        headers = tuple(
            {
                "weir-source-topic": b"llm.requests",
                "weir-source-partition": b"0",
                "weir-source-offset": b"1",
            }.items()
        )
        failed = (NOW - timedelta(minutes=number)).isoformat().encode()
        record = Record(
            "llm.requests.dlq",
            0,
            number,
            1,
            None,
            b"",
            (*headers, ("weir-error", b"%d" % number), ("weir-failed-at", failed)),
        )
        counts.take(letter_of(record))
    assert (counts.letters, len(counts.groups())) == (MOST_GROUPS + 50, MOST_GROUPS + 1)
    assert counts.groups()[0][1].letters == 50


@pytest.mark.parametrize(
    "text",
    [
        "",
        "llm.requests",
        "llm.requests/0",
        "llm.requests/x@1",
        "nothing/0@1",
        "llm.prompts/0@1",
        "llm.requests/0@" + "9" * 30,
        "llm.requests/9999999999@1",
    ],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert parse_position(text) is None


def test_every_topic_with_dead_letters_has_places() -> None:
    assert all(
        parse_position(f"{topic}/0@1") and parse_position(f"{letters}/0@1")
        for topic, letters in LETTERED.items()
    )
