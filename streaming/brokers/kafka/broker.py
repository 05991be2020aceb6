"""The broker port on Kafka, by aiokafka: an idempotent producer, group members, a reader, an admin client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import count
from typing import Any, Literal, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.topics import MAX_DEAD_LETTER_BYTES, MAX_RECORD_BYTES
from streaming.brokers.kafka.admin import KafkaAdmin
from streaming.brokers.kafka.errors import translated, translated_result, translating
from streaming.brokers.kafka.group import KafkaGroupConsumer, RebalanceListener
from streaming.brokers.kafka.positions import KafkaPositions
from streaming.brokers.kafka.reader import MAX_FETCH_BYTES, KafkaFollower, KafkaLogReader, following
from streaming.brokers.port import Assignor, OnChange
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import RecordTooLargeError, StreamingError

CONNECT_TIMEOUT_S = 10.0
DELIVERY_TIMEOUT_MS = 30_000
FETCH_WAIT_MS = 500
HOUR_MS = 3_600_000
MAX_UNCHECKED_BYTES = 256 * 1024
"""Up to here a topic's limit is not looked up: Kafka's own default is a megabyte."""
LimitOf = Callable[[str], Awaitable[int]]
ASSIGNORS = {"range": RangePartitionAssignor, "sticky": StickyPartitionAssignor}


@lru_cache(maxsize=65_536)
def key_partition(key: bytes, partitions: int) -> int:
    """The partition of a key by Java's default partitioner (murmur2); cached, since aiokafka's is slow."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class KafkaProducer:
    """Appends with acks=all under one producer id, so a repeated request adds no second record.

    A record that is too large for its topic is refused here: after refusing one a broker would accept nothing
    more from this producer for that partition.
    """

    def __init__(self, client: AIOKafkaProducer, bootstrap: str, limit_of: LimitOf) -> None:
        """Take a started client, and the function that returns a topic's largest record size."""
        self._client = client
        self._bootstrap = bootstrap
        self._limit_of = limit_of
        self._keyless = count()

    async def send(self, record: OutboundRecord) -> "asyncio.Future[int]":
        """Queue a record."""
        if record.size_bytes > MAX_UNCHECKED_BYTES and record.size_bytes > await self._limit_of(record.topic):
            return _failed(
                RecordTooLargeError(
                    f"a record of {record.size_bytes} bytes is larger than {record.topic} accepts"
                )
            )
        with translating(self._bootstrap):
            partition = record.partition
            if partition is None:
                partitions = len(await self._client.partitions_for(record.topic))
                partition = (
                    next(self._keyless) % partitions
                    if record.key is None
                    else key_partition(record.key, partitions)
                )
            sent = await self._client.send(
                record.topic, record.value, key=record.key, partition=partition, headers=list(record.headers)
            )
        return translated_result(sent, lambda offset: offset, self._bootstrap)

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        """Queue records as batches built here, which saves a future and four awaits for each record."""
        if any(record.size_bytes > MAX_UNCHECKED_BYTES for record in records):
            limit = await self._limit_of(topic_partition.topic)
            if any(record.size_bytes > limit for record in records):
                return [await self._append_record(topic_partition, record, limit) for record in records]
        return [await self._send(topic_partition, batch) for batch in self._batches(records)]

    async def _append_record(
        self, topic_partition: TopicPartition, record: OutboundRecord, limit: int
    ) -> "asyncio.Future[range]":
        if record.size_bytes > limit:
            return _failed(
                RecordTooLargeError(
                    f"a record of {record.size_bytes} bytes is larger than {topic_partition.topic} accepts"
                )
            )
        (batch,) = self._batches([record])
        return await self._send(topic_partition, batch)

    def _batches(self, records: Sequence[OutboundRecord]) -> Iterator[BatchBuilder]:
        batch = self._client.create_batch()
        for record in records:
            headers = list(record.headers)
            if batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is None:
                yield batch
                batch = self._client.create_batch()
                batch.append(timestamp=None, key=record.key, value=record.value, headers=headers)
        if batch.record_count():
            yield batch

    async def _send(self, topic_partition: TopicPartition, batch: BatchBuilder) -> "asyncio.Future[range]":
        count = batch.record_count()
        try:
            sent = await self._client.send_batch(
                batch, topic_partition.topic, partition=topic_partition.partition
            )
        except (KafkaError, TimeoutError, OSError) as error:
            # As a failed future, so that the caller can still wait for the batches before it.
            return _failed(translated(error, self._bootstrap))
        return translated_result(sent, lambda offset: range(offset, offset + count), self._bootstrap)


def _failed(error: StreamingError) -> "asyncio.Future[Any]":
    failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    failed.set_exception(error)
    return failed


class KafkaBroker:
    """A connection to a cluster; `async with` opens it and closes all its clients."""

    def __init__(self, bootstrap: str, *, client_id: str, session_timeout_ms: int = 10_000) -> None:
        """`client_id` must be unique among live processes."""
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._session_timeout_ms = session_timeout_ms
        self._producer: AIOKafkaProducer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._reader = KafkaLogReader(bootstrap, client_id, self._partitions)
        self._positions = KafkaPositions(bootstrap, client_id)
        self._counts: dict[str, int] = {}
        self._limits: dict[str, int] = {}

    @property
    def producer(self) -> KafkaProducer:
        """The shared producer."""
        if self._producer is None:
            msg = "the broker is not open: use `async with`"
            raise RuntimeError(msg)
        return KafkaProducer(self._producer, self._bootstrap, self._limit)

    @property
    def reader(self) -> KafkaLogReader:
        """The shared reader."""
        return self._reader

    @property
    def positions(self) -> KafkaPositions:
        """The shared connection for positions."""
        return self._positions

    @property
    def admin(self) -> KafkaAdmin:
        """The shared admin client."""
        return KafkaAdmin(self._opened_admin(), self._bootstrap)

    def _opened_admin(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            msg = "the broker is not open: use `async with`"
            raise RuntimeError(msg)
        return self._admin

    @asynccontextmanager
    async def join(  # noqa: PLR0913 - what a membership is made of
        self,
        group: str,
        topics: Sequence[str],
        *,
        assignor: Assignor,
        client_id: str,
        fetch_min_bytes: int = 1,
        on_revoked: OnChange,
        on_assigned: OnChange,
    ) -> AsyncGenerator[KafkaGroupConsumer]:
        """Join a group as a member of its own."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=client_id,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=HOUR_MS,
            rebalance_timeout_ms=max(30_000, self._session_timeout_ms),
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=fetch_min_bytes,
            max_partition_fetch_bytes=MAX_FETCH_BYTES,
            request_timeout_ms=40_000,
            metadata_max_age_ms=30_000,
            partition_assignment_strategy=(ASSIGNORS[assignor],),
        )
        consumer.subscribe(list(topics), listener=RebalanceListener(on_revoked, on_assigned))
        try:
            with translating(self._bootstrap):
                await consumer.start()
            yield KafkaGroupConsumer(consumer, self._opened_admin(), group, self._bootstrap)
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def follow(
        self, topics: Sequence[str], *, start: Literal["beginning", "end"]
    ) -> AsyncGenerator[KafkaFollower]:
        """Follow topics outside of any group."""
        counts = {topic: await self._partitions(topic) for topic in topics}
        async with following(self._bootstrap, self._client_id, counts, start) as follower:
            yield follower

    async def _limit(self, topic: str) -> int:
        if topic not in self._limits:
            limit = await self.admin.max_record_bytes(topic)
            self._limits[topic] = MAX_RECORD_BYTES if limit is None else limit
        return self._limits[topic]

    async def _partitions(self, topic: str) -> int:
        if topic not in self._counts:
            self._counts[topic] = await self.admin.partitions(topic)
        return self._counts[topic]

    async def __aenter__(self) -> Self:
        """Connect, or raise BrokerDownError within ten seconds."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_request_size=MAX_DEAD_LETTER_BYTES,
            max_batch_size=262_144,
            request_timeout_ms=DELIVERY_TIMEOUT_MS,
            metadata_max_age_ms=30_000,
        )
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._bootstrap, client_id=self._client_id, request_timeout_ms=15_000
        )
        try:
            with translating(self._bootstrap):
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await producer.start()
                    await admin.start()
        except BaseException:
            await asyncio.gather(producer.stop(), admin.close(), return_exceptions=True)
            raise
        self._producer, self._admin = producer, admin
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Flush and close."""
        if self._producer is not None:
            await self._producer.stop()
        if self._admin is not None:
            await self._admin.close()
        await self._reader.close()
        await self._positions.close()
        self._producer = self._admin = None
