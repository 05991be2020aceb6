"""Reading Kafka: every codec, and what aiokafka cannot decode as raw bytes, the records after it as usual."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer

from schemas.event import Event
from schemas.requests import LlmRequest
from schemas.topics import kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import Record, TopicPartition
from streaming.events.dead_letters import original_of
from streaming.handling import Incoming
from streaming.loops.stage import Stage
from streaming.partitions.lease import Lease
from tests.streaming.brokers.odd_records import PLACEHOLDER, append_odd
from tests.streaming.loops.bench import SEALER

pytestmark = pytest.mark.integration

ODD_NAME = b"a\xff\xfe\xc0z"
# A header count of -1 in place of one: the length of everything stays, its meaning does not.
HEADER = PLACEHOLDER.decode()


@pytest.fixture
async def broker(kafka_bootstrap: str) -> AsyncIterator[KafkaBroker]:
    async with KafkaBroker(kafka_bootstrap, client_id=f"test-{uuid4().hex[:8]}") as kafka:
        yield kafka


async def made(broker: KafkaBroker) -> str:
    name = f"t-{uuid4().hex[:10]}"
    await broker.admin.create_topics({name: (1, {})})
    return name


def names(records: Sequence[Record]) -> list[tuple[int, bytes | None, bool]]:
    return [(record.offset, record.value, record.undecodable is None) for record in records]


async def test_a_header_whose_name_is_not_utf_8_is_handed_on_with_its_bytes(
    broker: KafkaBroker, kafka_bootstrap: str
) -> None:
    topic = await made(broker)
    await append_odd(
        kafka_bootstrap,
        topic,
        [(b"odd", [(HEADER, b"1")]), (b"good", [("h", b"1")]), (b"odd too", [(HEADER, b"2")])],
        ODD_NAME,
    )
    topic_partition = TopicPartition(topic, 0)
    expected = [(0, b"odd", False), (1, b"good", True), (2, b"odd too", False)]

    read = await broker.reader.read(topic_partition, 0, 3)

    assert names(read) == expected
    assert read[0].headers[0][0].encode("utf-8", "surrogateescape") == ODD_NAME
    async with broker.follow([topic], start="beginning") as follower:
        followed: list[Record] = []
        async with asyncio.timeout(10):
            while len(followed) < len(expected):
                followed += await follower.poll(max_records=10, timeout_s=0.2)
    assert names(followed) == expected


async def test_a_batch_that_unfolds_to_gigabytes_is_raw_bytes_and_the_next_record_is_read(
    broker: KafkaBroker, kafka_bootstrap: str
) -> None:
    topic = await made(broker)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_bootstrap, compression_type="zstd", max_request_size=200_000_000
    )
    await producer.start()
    try:
        await producer.send_and_wait(topic, bytes(100_000_000), partition=0)
        await producer.send_and_wait(topic, b"good", partition=0)
    finally:
        await producer.stop()

    read = await broker.reader.read(TopicPartition(topic, 0), 0, 2)

    assert [(record.offset, record.undecodable is None) for record in read] == [(0, False), (1, True)]
    assert "unfolds" in (read[0].undecodable or "")
    assert len(read[0].value or b"") < 100_000


async def test_an_undecodable_request_is_a_dead_letter_of_its_bytes_and_the_next_one_is_handled(
    broker: KafkaBroker, kafka_bootstrap: str
) -> None:
    group, seen = f"guard-{uuid4().hex[:6]}", list[str]()
    await broker.admin.create_topics(kafka_topics(4))
    end = await broker.reader.end(TopicPartition("llm.requests", 0))
    letters = await broker.reader.end(TopicPartition("llm.requests.dlq", 0))

    async def screen(incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        seen.extend(
            message.content for message in incoming.event.messages or ()
        )  # whatever else stands on the topic
        return []

    plain = b'{"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "%s"}]}'
    stop = asyncio.Event()
    task = asyncio.create_task(
        Stage(group, {LlmRequest: screen}, SEALER, group).run(broker, Lease(10.0), stop)
    )
    odd = [(plain % b"odd", [(HEADER, b"1")])]
    good = f"good {uuid4().hex}"
    await append_odd(kafka_bootstrap, "llm.requests", [*odd, (plain % good.encode(), [])], ODD_NAME)
    async with asyncio.timeout(30):
        while good not in seen:
            assert not task.done(), task.result()
            await asyncio.sleep(0.1)
    stop.set()
    await task

    assert "odd" not in seen
    topic_partition = TopicPartition("llm.requests.dlq", 0)
    found = [
        letter
        for letter in await broker.reader.read(
            topic_partition, letters, await broker.reader.end(topic_partition)
        )
        if (letter.header("weir-source-partition"), letter.header("weir-source-offset"))
        == (b"0", str(end).encode())
    ]
    assert [letter.header("weir-reason") for letter in found] == [b"undecodable_record"]
    original = original_of(SEALER, found[0])
    assert original.value == plain % b"odd"
    assert original.headers[0][0].encode("utf-8", "surrogateescape") == ODD_NAME


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_what_a_foreign_client_compressed_is_read(kafka_bootstrap: str, codec: str) -> None:
    async with KafkaBroker(kafka_bootstrap, client_id=f"test-{uuid4().hex[:8]}") as broker:
        topic = await made(broker)
        producer = Producer(
            {"bootstrap.servers": kafka_bootstrap, "compression.type": codec, "linger.ms": 50}
        )
        for number in range(20):
            producer.produce(topic, f"{number} ".encode() * 100, headers=[("odd ☃", b"\xff"), ("null", None)])
        assert await asyncio.to_thread(producer.flush, 30) == 0
        records = await broker.reader.read(TopicPartition(topic, 0), 0, 20)
    assert [record.value for record in records] == [f"{number} ".encode() * 100 for number in range(20)]
    assert records[0].headers == (("odd ☃", b"\xff"), ("null", b""))
