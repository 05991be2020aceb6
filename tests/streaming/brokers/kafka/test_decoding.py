"""What is said of a record that aiokafka cannot decode is ours: a producer cannot put its own words there."""

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import ConsumerRecord

from streaming.brokers.kafka.decoding import UNDECODABLE, BoundedRecords
from streaming.brokers.kafka.group import record_of
from streaming.brokers.records import Record

NAME = "P" * 17


def read(odd_name: bytes, content: bytes) -> Record:
    assert len(odd_name) == len(NAME)
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=0, batch_size=16_384
    )
    builder.append(0, 1_700_000_000_000, b"key", b"{}", [(NAME, content)])
    records = BoundedRecords(bytes(builder.build()).replace(NAME.encode(), odd_name))
    (message,) = list(records.next_batch())
    return record_of(
        ConsumerRecord(
            "llm.requests",
            0,
            message.offset,
            message.timestamp,
            0,
            message.key,
            message.value,
            None,
            0,
            0,
            message.headers,
        )
    )


def test_a_producer_cannot_write_the_reason_of_its_dead_letter() -> None:
    for lead in (b"\xff", b"\xed\xa0\x80"[:1]):
        record = read(lead + UNDECODABLE[1:].encode(), b"my card is 4111 1111 1111 1111")
        assert record.undecodable == "a header's name is not UTF-8"
        assert record.headers[0][1] == b"my card is 4111 1111 1111 1111"
