"""Foreign producers with wrong clocks, open transactions, or header names that are not UTF-8."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiokafka import TopicPartition as KafkaPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy  # pyright: ignore[reportPrivateUsage] - only this builder takes a name as bytes
from confluent_kafka import Producer

from schemas.cloudevents import encode
from schemas.quality import Feedback
from schemas.topics import FEEDBACK, REQUESTS


def feedback_events(tenant: str, count: int) -> list[Feedback]:
    at = datetime.now(UTC)
    return [
        Feedback(feedback_id=uuid4(), tenant=tenant, request_id=f"r-{number}", score=1.0, given_at=at)
        for number in range(count)
    ]


def publish_with_timestamp(bootstrap: str, events: list[Feedback], timestamp: datetime) -> None:
    """Publish as a foreign producer with a wrong clock."""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for event in events:
        encoded = encode(event, event_id=uuid4(), source="test", time=event.given_at)
        producer.produce(
            FEEDBACK.name,
            encoded.value,
            key=encoded.key,
            headers=list(encoded.headers),
            timestamp=int(timestamp.timestamp() * 1000),
            on_delivery=_assert_delivered,
        )
    assert producer.flush(30) == 0


def _assert_delivered(error: object, _: object) -> None:
    assert error is None


class OpenTransaction:
    """A foreign producer's open transaction on `llm.requests`, with ten records of another one behind it."""

    def __init__(self, bootstrap: str, timeout_ms: int = 60_000) -> None:
        self.name = f"batch\x1b[31m-{uuid4().hex[:6]}"
        self._bootstrap = bootstrap
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": self.name,
                "transaction.timeout.ms": timeout_ms,
                "log_level": 0,
            }
        )

    def begin(self, partition: int) -> None:
        self._producer.init_transactions(30)
        self._producer.begin_transaction()
        self._producer.produce(REQUESTS.name, b"{}", partition=partition)
        assert self._producer.flush(30) == 0
        plain = Producer({"bootstrap.servers": self._bootstrap, "log_level": 0})
        for _ in range(10):
            plain.produce(REQUESTS.name, b"{}", partition=partition)
        assert plain.flush(30) == 0

    def abort(self) -> None:
        self._producer.abort_transaction(30)


class InvalidUtf8Name(str):
    """A header name that is not UTF-8, as clients in other languages may send it."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        del encoding, errors
        return b"\xff\xfe"


async def append_invalid_header(bootstrap: str, topic: str) -> None:
    """Append a record whose header name is not UTF-8, which Python's clients cannot do."""
    batch = _DefaultRecordBatchBuilderPy(2, 0, False, -1, -1, -1, 16_384)
    batch.append(0, 1, None, b"{}", [(InvalidUtf8Name("odd"), b"1")])
    raw: Any = AIOKafkaClient(bootstrap_servers=bootstrap)
    await raw.bootstrap()
    try:
        async with asyncio.timeout(10):
            while (node := raw.cluster.leader_for_partition(KafkaPartition(topic, 0))) is None:
                raw.cluster.update_metadata(await raw.send(raw.get_random_node(), MetadataRequest([topic])))
        answer = await raw.send(
            node, ProduceRequest(None, -1, 10_000, [(topic, [(0, bytes(batch.build()))])])
        )
    finally:
        await raw.close()
    assert answer.topics[0][1][0][1] == 0
