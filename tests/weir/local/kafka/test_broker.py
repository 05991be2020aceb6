"""The embedded broker is a real Kafka that survives being killed."""

import asyncio
import signal
import time
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import UnknownTopicOrPartitionError

from weir.local.kafka.broker import BrokerSettings, properties
from weir.local.parts import free_port
from weir.local.stack import embedded_kafka, running, running_kafka

pytestmark = pytest.mark.integration


async def create(bootstrap: str, topic: str, **configs: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    finally:
        await admin.close()


async def send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_request_size=8_000_000
    ) as producer:
        for delivery in [await producer.send(topic, value, partition=0) for value in values]:
            await delivery


async def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=8_000_000
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)]


def broker_process(state: Path) -> psutil.Process:
    return next(
        process
        for process in psutil.process_iter(["cmdline"])
        if str(state / "kafka" / "server.properties") in (process.info["cmdline"] or [])
    )


@pytest.mark.chaos
async def test_acknowledged_records_survive_kill_9(tmp_path: Path) -> None:
    port, controller = free_port(), free_port()
    part = embedded_kafka(tmp_path, port, controller)
    values = [str(number).encode() for number in range(2000)]
    with running(part, tmp_path):
        await create(part.address, "kept")
        await send(part.address, "kept", values)
        broker_process(tmp_path).send_signal(signal.SIGKILL)

    with running(part, tmp_path):
        assert await read(part.address, "kept", 2000) == values
        await send(part.address, "kept", [b"after"])


async def test_a_large_record_passes_and_an_unknown_topic_is_not_created(kafka_bootstrap: str) -> None:
    await create(kafka_bootstrap, "large")
    await send(kafka_bootstrap, "large", [b"x" * 6_000_000])

    assert [len(value or b"") for value in await read(kafka_bootstrap, "large", 1)] == [6_000_000]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    described = await admin.describe_topics(["misspelt"])
    topics = await admin.list_topics()
    await admin.close()
    assert [topic["error_code"] for topic in described] == [UnknownTopicOrPartitionError.errno]
    assert "misspelt" not in topics


async def test_purged_records_leave_the_disk_soon_after_the_next_append(tmp_path: Path) -> None:
    mark = b"CANARY-c4a3"
    with running_kafka(tmp_path) as bootstrap:
        await create(
            bootstrap,
            "raw",
            **{
                "segment.ms": "1000",
                "file.delete.delay.ms": "100",
                "message.timestamp.type": "LogAppendTime",
            },
        )
        await send(bootstrap, "raw", [mark])
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.delete_records({TopicPartition("raw", 0): RecordsToDelete(1)})
        await asyncio.sleep(1.2)
        await send(bootstrap, "raw", [b"tick"])

        started = time.monotonic()
        while any(mark in file.read_bytes() for file in (tmp_path / "kafka").rglob("*.log") if file.exists()):
            assert time.monotonic() - started < 30, "still on the disk"
            await asyncio.sleep(0.2)
        await admin.close()


def test_nothing_listens_beyond_loopback(tmp_path: Path) -> None:
    values = properties(BrokerSettings(tmp_path, 9092, 9093), tmp_path)

    addresses = [*values["listeners"].split(","), values["advertised.listeners"]]
    assert all("://127.0.0.1:" in address for address in addresses)
    assert values["auto.create.topics.enable"] == "false"
