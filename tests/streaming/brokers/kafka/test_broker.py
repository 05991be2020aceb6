"""The connection to Kafka: keys go where Java puts them, and what the broker would refuse is not sent."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.brokers.kafka.broker import (
    MAX_UNCHECKED_BYTES,
    KafkaBroker,
    KafkaProducer,
    key_partition,
)
from streaming.brokers.records import OutboundRecord
from streaming.errors import BrokerDownError, RecordTooLargeError

LIMIT = 1_000_000


class Metadata:
    """The acknowledgement of a record."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


class AcknowledgingClient:
    """Takes every record and acknowledges it at once."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.sent: list[tuple[bytes | None, int]] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self._partitions))

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None, partition: int, headers: Sequence[object]
    ) -> "asyncio.Future[Metadata]":
        self.sent.append((key, partition))
        done: asyncio.Future[Metadata] = asyncio.get_running_loop().create_future()
        done.set_result(Metadata(len(self.sent) - 1))
        return done


async def limit_of(topic: str) -> int:
    return LIMIT


def producer(client: Any) -> KafkaProducer:
    return KafkaProducer(client, "127.0.0.1:9092", limit_of)


@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
@pytest.mark.parametrize("partitions", [1, 6, 64])
def test_a_key_has_the_partition_that_the_java_client_gives_it(
    key: bytes, murmur2: int, partitions: int
) -> None:
    """The hashes are those of Kafka's own UtilsTest."""
    assert key_partition(key, partitions) == (murmur2 & 0x7FFFFFFF) % partitions


@given(key=st.binary(max_size=64), partitions=st.integers(1, 1_000))
def test_every_key_has_a_partition_that_exists(key: bytes, partitions: int) -> None:
    assert 0 <= key_partition(key, partitions) < partitions


async def test_a_key_decides_the_partition_and_records_without_one_take_turns() -> None:
    client = AcknowledgingClient(3)
    sending = producer(client)

    records = [*(OutboundRecord("t", b"foobar", b"v"),) * 2, *(OutboundRecord("t", None, b"v"),) * 3]
    offsets = [
        await (await sending.send(record)) for record in (*records, OutboundRecord("t", b"k", b"v", (), 2))
    ]

    keyed = key_partition(b"foobar", 3)
    assert [partition for _, partition in client.sent] == [keyed, keyed, 0, 1, 2, 2]
    assert offsets == list(range(6))


async def test_a_record_that_its_topic_does_not_take_is_refused_before_it_is_sent() -> None:
    client = AcknowledgingClient(1)

    too_large = await producer(client).send(OutboundRecord("t", None, b"x" * LIMIT))
    unchecked = await producer(client).send(OutboundRecord("t", None, b"x" * (MAX_UNCHECKED_BYTES // 2)))

    with pytest.raises(RecordTooLargeError, match="larger than t accepts"):
        await too_large
    assert await unchecked == 0
    assert len(client.sent) == 1


def test_a_broker_that_was_not_opened_says_so() -> None:
    broker = KafkaBroker("127.0.0.1:9092", client_id="test")

    with pytest.raises(RuntimeError, match="use `async with`"):
        _ = broker.producer
    with pytest.raises(RuntimeError, match="use `async with`"):
        _ = broker.admin


async def test_a_broker_that_is_not_there_is_named_with_its_address() -> None:
    with pytest.raises(BrokerDownError, match=r"127\.0\.0\.1:9"):
        await KafkaBroker("127.0.0.1:9", client_id="test").__aenter__()
