"""Reads Kafka's log outside of any group: ranges by a small pool of clients, and whole topics."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition

from streaming.brokers.kafka.errors import translating
from streaming.brokers.kafka.group import record_of
from streaming.brokers.records import Record, TopicPartition
from streaming.errors import BrokerDownError

CountPartitions = Callable[[str], Awaitable[int]]

MAX_CLIENTS = 4
SHORT_WAIT_MS = 20
LONG_WAIT_MS = 500
READ_TIMEOUT_S = 30.0
MAX_FETCH_BYTES = 16 * 1024 * 1024


def reading_client(bootstrap: str, client_id: str, fetch_max_wait_ms: int) -> AIOKafkaConsumer:
    """A consumer without a group, read_committed."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=fetch_max_wait_ms,
        max_partition_fetch_bytes=MAX_FETCH_BYTES,
        request_timeout_ms=15_000,
        metadata_max_age_ms=30_000,
    )


class KafkaLogReader:
    """Ranges and ends of partitions; each read borrows one client of the pool."""

    def __init__(self, bootstrap: str, client_id: str, count: CountPartitions) -> None:
        """Clients are started at their first read; `count` returns a topic's partition count."""
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._count = count
        self._idle: asyncio.LifoQueue[AIOKafkaConsumer | None] = asyncio.LifoQueue()
        for _ in range(MAX_CLIENTS):
            self._idle.put_nowait(None)

    async def close(self) -> None:
        """Stop the clients that are idle."""
        while not self._idle.empty():
            client = self._idle.get_nowait()
            if client is not None:
                await client.stop()

    async def read(self, topic_partition: TopicPartition, start: int, end: int) -> list[Record]:
        """All records of the range that the log still holds."""
        if end <= start:
            return []
        async with self._client() as client:
            partition = KafkaPartition(*topic_partition)
            begin = max(start, (await client.beginning_offsets([partition]))[partition])
            return await _read(client, partition, begin, end) if begin < end else []

    async def beginning(self, topic_partition: TopicPartition) -> int:
        """The first offset that the log still holds."""
        partition = KafkaPartition(*topic_partition)
        async with self._client() as client:
            return int((await client.beginning_offsets([partition]))[partition])

    async def end(self, topic_partition: TopicPartition) -> int:
        """The last stable offset."""
        partition = KafkaPartition(*topic_partition)
        async with self._client() as client:
            return int((await client.end_offsets([partition]))[partition])

    async def partitions(self, topic: str) -> int:
        """The topic's partition count."""
        return await self._count(topic)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AIOKafkaConsumer]:
        client = await self._idle.get()
        try:
            with translating(self._bootstrap):
                async with asyncio.timeout(READ_TIMEOUT_S):
                    if client is None:
                        client = reading_client(self._bootstrap, self._client_id, SHORT_WAIT_MS)
                        await client.start()
                    yield client
        except BrokerDownError:
            if client is not None:
                await client.stop()
                client = None
            raise
        finally:
            self._idle.put_nowait(client)


async def _read(client: AIOKafkaConsumer, partition: KafkaPartition, start: int, end: int) -> list[Record]:
    client.assign([partition])
    client.seek(partition, start)
    records: list[Record] = []
    while True:
        messages = (await client.getmany(partition, timeout_ms=LONG_WAIT_MS)).get(partition, [])
        records += [record_of(message) for message in messages if message.offset < end]
        if (records and records[-1].offset >= end - 1) or await client.position(partition) >= end:
            client.pause(partition)
            return records


class KafkaFollower:
    """Follows all partitions of some topics."""

    def __init__(self, client: AIOKafkaConsumer, ends: dict[KafkaPartition, int], bootstrap: str) -> None:
        """Take an assigned client, and where the partitions ended when it was opened."""
        self._client = client
        self._ends = ends
        self._bootstrap = bootstrap

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Record]:
        """The next records."""
        with translating(self._bootstrap):
            batches = await self._client.getmany(
                timeout_ms=max(1, int(timeout_s * 1000)), max_records=max_records
            )
        return [record_of(message) for batch in batches.values() for message in batch]

    async def has_caught_up(self) -> bool:
        """Whether every partition has been read to where it ended."""
        with translating(self._bootstrap):
            async with asyncio.timeout(READ_TIMEOUT_S):
                for partition, end in list(self._ends.items()):
                    if await self._client.position(partition) >= end:
                        del self._ends[partition]
        return not self._ends


@asynccontextmanager
async def following(
    bootstrap: str, client_id: str, counts: Mapping[str, int], start: Literal["beginning", "end"]
) -> AsyncGenerator[KafkaFollower]:
    """Open a follower; it needs the partition count of each topic, since it belongs to no group."""
    client = reading_client(bootstrap, client_id, LONG_WAIT_MS)
    partitions = [KafkaPartition(topic, number) for topic, count in counts.items() for number in range(count)]
    try:
        with translating(bootstrap):
            async with asyncio.timeout(READ_TIMEOUT_S):
                await client.start()
                beginnings, ends = (
                    await client.beginning_offsets(partitions),
                    await client.end_offsets(partitions),
                )
                client.assign(partitions)
                for partition in partitions:
                    client.seek(partition, ends[partition] if start == "end" else beginnings[partition])
        yield KafkaFollower(client, {tp: end for tp, end in ends.items() if end > beginnings[tp]}, bootstrap)
    finally:
        await client.stop()
