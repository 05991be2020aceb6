"""The first record of a log by its batch headers: over markers, aborted transactions and old batches."""

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streaming.brokers.kafka.positions import first_record
from streaming.brokers.positions import UnconsumedRecord

FOREIGN = 77
TRANSACTIONAL, CONTROL = 0x10, 0x20
ATTRIBUTES_AT = 21
MOMENT_MS = 1_700_000_000_000


def batch(base_offset: int, records: int = 1, producer: int | None = None, attributes: int = 0) -> bytes:
    """A batch as a broker stores it; the checksum of the changed flags is not read here."""
    builder = DefaultRecordBatchBuilder(
        2,
        0,
        is_transactional=producer is not None,
        producer_id=producer if producer is not None else -1,
        producer_epoch=0,
        base_sequence=0,
        batch_size=16_384,
    )
    for number in range(records):
        builder.append(number, MOMENT_MS + number, None, b"v", [])
    built = bytearray(builder.build())
    built[:8] = base_offset.to_bytes(8, "big")
    built[ATTRIBUTES_AT + 1] |= attributes
    return bytes(built)


def marker(base_offset: int) -> bytes:
    return batch(base_offset, producer=FOREIGN, attributes=CONTROL)


def test_the_first_record_is_that_of_the_offset_or_the_next_batch() -> None:
    log = batch(10, 5) + batch(15)

    assert first_record(log, 12, ()) == (UnconsumedRecord(12, MOMENT_MS), 15)
    assert first_record(log, 15, ()) == (UnconsumedRecord(15, MOMENT_MS), 16)
    assert first_record(log, 3, ()) == (UnconsumedRecord(10, MOMENT_MS), 15)


def test_a_marker_is_no_record_and_is_passed() -> None:
    assert first_record(marker(4), 4, ()) == (None, 5)
    assert first_record(marker(4) + batch(5), 4, ()) == (UnconsumedRecord(5, MOMENT_MS), 6)


def test_a_record_of_a_transaction_names_its_producer() -> None:
    assert first_record(batch(4, producer=FOREIGN), 4, ()) == (UnconsumedRecord(4, MOMENT_MS, FOREIGN), 5)


def test_an_aborted_transaction_is_passed_and_the_producers_next_one_is_not() -> None:
    log = batch(4, producer=FOREIGN) + marker(5) + batch(6, producer=FOREIGN)

    assert first_record(log, 4, [(FOREIGN, 4)]) == (UnconsumedRecord(6, MOMENT_MS, FOREIGN), 7)


def test_an_empty_fetch_examines_nothing() -> None:
    assert first_record(b"", 4, ()) == (None, 4)
