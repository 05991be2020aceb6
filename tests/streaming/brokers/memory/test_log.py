"""Logs in memory: offsets grow by one, deleted and missing ones are left out, waiters are woken."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.brokers.memory.log import MemoryLogs, MemoryPartitionLog
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import BrokerDownError, RecordTooLargeError, UnknownTopicError

PARTITION = TopicPartition("t", 0)


def logs(**config: str) -> MemoryLogs:
    made = MemoryLogs()
    made.create("t", 1, {name.replace("_", "."): value for name, value in config.items()})
    return made


def filled(entries: list[tuple[bytes, bytes | None] | None]) -> MemoryPartitionLog:
    """A log of (key, value), or None for a marker."""
    made = logs()
    for entry in entries:
        if entry is None:
            made.append_marker(PARTITION)
        else:
            made.append(OutboundRecord("t", *entry), 0)
    return made.at(PARTITION)


ENTRIES = st.lists(
    st.none() | st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.none() | st.binary(max_size=2)), max_size=12
)


@given(entries=ENTRIES, start=st.integers(0, 14), end=st.integers(0, 14), begins=st.integers(0, 12))
def test_a_range_holds_the_records_of_its_offsets_that_are_still_there(
    entries: list[tuple[bytes, bytes | None] | None], start: int, end: int, begins: int
) -> None:
    log = filled(entries)
    log.start = begins

    read = log.between(start, end)

    expected = [
        offset
        for offset, entry in enumerate(entries)
        if entry is not None and max(start, begins) <= offset < end
    ]
    assert [record.offset for record in read] == expected
    assert log.between(start, end, 2) == read[:2]


@given(entries=ENTRIES)
def test_compaction_keeps_offsets_and_the_newest_value_of_each_key(
    entries: list[tuple[bytes, bytes | None] | None],
) -> None:
    log = filled(entries)
    newest = {entry[0]: entry[1] for entry in entries if entry is not None}

    log.compact()

    kept = {record.key: record.value for record in log.between(0, log.end)}
    assert kept == {key: value for key, value in newest.items() if value is not None}
    assert log.end == len(entries)


def test_a_record_is_bounded_by_its_topic_and_a_refused_one_takes_no_offset() -> None:
    bounded = logs(max_message_bytes="10")

    assert bounded.append(OutboundRecord("t", b"12345", b"12345"), 0) == 0
    with pytest.raises(RecordTooLargeError, match="11 bytes"):
        bounded.append(OutboundRecord("t", b"123456", b"12345"), 0)
    assert bounded.at(PARTITION).end == 1


def test_a_topic_is_created_once_and_an_unknown_one_is_named() -> None:
    made = logs(retention_ms="7")

    made.create("t", 9, {})

    assert len(made.topic("t")) == 1
    assert made.config("t") == {"retention.ms": "7"}
    with pytest.raises(UnknownTopicError, match="other"):
        made.topic("other")


def test_nothing_is_read_or_written_while_the_broker_is_down() -> None:
    made = logs()
    made.is_down = True

    with pytest.raises(BrokerDownError):
        made.append(OutboundRecord("t", None, b"v"), 0)
    with pytest.raises(BrokerDownError):
        made.config("t")


async def test_a_waiter_is_woken_by_an_append_and_else_by_its_timeout() -> None:
    made = logs()
    waiting = asyncio.create_task(made.changed(60))
    await asyncio.sleep(0)

    made.append(OutboundRecord("t", None, b"v"), 0)

    await asyncio.wait_for(waiting, 1)
    await made.changed(0.001)
