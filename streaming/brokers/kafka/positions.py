"""Positions of Kafka's logs, read from offsets and batch headers without decoding a record.

So a broken record can neither stop the measurement of lag nor be missing in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

from aiokafka import errors as kafka
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.record.memory_records import MemoryRecords

from streaming.brokers.kafka.errors import translating
from streaming.brokers.kafka.requests import ListTransactionsRequest
from streaming.brokers.positions import LogOffsets, UnconsumedRecord
from streaming.brokers.records import TopicPartition
from streaming.errors import BrokerDownError

CALL_TIMEOUT_S = 15.0
REQUEST_TIMEOUT_MS = 10_000
FETCH_WAIT_MS = 100
FETCH_BYTES = 65_536
RETRY_S = 0.2
MAX_TRIES = 5
READ_UNCOMMITTED, READ_COMMITTED = 0, 1
EARLIEST, LATEST = -2, -1
APPEND_TIME = 1
WITH_REPLICA = 11
"""From this version on a fetch response names a replica between aborted transactions and batches."""

Leaders = Mapping[TopicPartition, int]
Offsets = Mapping[TopicPartition, int]


class KafkaPositions:
    """One connection to each broker, opened at the first call."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._opened: AIOKafkaClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()

    async def offsets(self, topics: Sequence[str]) -> Mapping[TopicPartition, LogOffsets]:
        """Ends are read before last stable offsets, so that a later append does not look unstable."""
        async with self._client() as client:
            leaders = await self._leaders(client, topics)
            beginnings = await _offsets(client, leaders, EARLIEST, READ_COMMITTED)
            ends = await _offsets(client, leaders, LATEST, READ_UNCOMMITTED)
            stable = await _offsets(client, leaders, LATEST, READ_COMMITTED)
        return {tp: LogOffsets(beginnings[tp], stable[tp], max(ends[tp], stable[tp])) for tp in leaders}

    async def first_stable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record that read_committed returns."""
        return await self._first(topic_partition, start, end, READ_COMMITTED)

    async def first_unstable(
        self, topic_partition: TopicPartition, start: int, end: int
    ) -> UnconsumedRecord | None:
        """The first record that read_uncommitted returns."""
        return await self._first(topic_partition, start, end, READ_UNCOMMITTED)

    async def transactional_ids(self, producer_ids: Sequence[int]) -> Mapping[int, str]:
        """The transactional ids that the brokers list; none if one is too old for the request."""
        names: dict[int, str] = {}
        async with self._client() as client:
            for broker in client.cluster.brokers():
                try:
                    response: Any = await client.send(broker.nodeId, ListTransactionsRequest(producer_ids))
                except (kafka.IncompatibleBrokerVersion, NotImplementedError):
                    return {}
                names |= {
                    state[1]: state[0].encode("latin-1").decode("utf-8", "replace")
                    for state in response.transaction_states
                }
        return {number: names[number] for number in producer_ids if number in names}

    async def _first(
        self, topic_partition: TopicPartition, start: int, end: int, isolation: int
    ) -> UnconsumedRecord | None:
        async with self._client() as client:
            leader = (await self._leaders(client, [topic_partition.topic]))[topic_partition]
            while start < end:
                request = FetchRequest(
                    FETCH_WAIT_MS,
                    1,
                    FETCH_BYTES,
                    isolation,
                    [(topic_partition.topic, [(topic_partition.partition, start, FETCH_BYTES)])],
                )
                response: Any = await client.send(leader, request)
                fetched = response.topics[0][1][0]
                if kafka.for_code(fetched[1]) is kafka.OffsetOutOfRangeError:
                    # The offset was deleted meanwhile: continue where the log begins now.
                    beginnings = await _offsets(client, {topic_partition: leader}, EARLIEST, isolation)
                    deleted, start = start, beginnings[topic_partition]
                    if start > deleted:
                        continue
                _check(fetched[1], topic_partition)
                aborted = fetched[-3 if response.API_VERSION >= WITH_REPLICA else -2] or ()
                first, reached = first_record(fetched[-1] or b"", start, aborted)
                if first is not None or reached == start:
                    return first if first is not None and first.offset < end else None
                start = reached
        return None

    async def _leaders(self, client: AIOKafkaClient, topics: Sequence[str]) -> Leaders:
        """The current leader of each partition; waits about a second for an election."""
        leaders: dict[TopicPartition, int] = {}
        for _ in range(MAX_TRIES):
            response: Any = await client.send(client.get_random_node(), MetadataRequest(list(topics)))
            client.cluster.update_metadata(response)
            for error, name, _internal, partitions in response.topics:
                if kafka.for_code(error) is kafka.LeaderNotAvailableError:
                    leaders[TopicPartition(name, 0)] = -1
                elif error:
                    raise kafka.for_code(error)(name)
                leaders |= {TopicPartition(name, number): leader for _, number, leader, *_ in partitions}
            if all(leader >= 0 for leader in leaders.values()):
                return dict(sorted(leaders.items()))
            await asyncio.sleep(RETRY_S)
        leaderless = min(tp for tp, leader in leaders.items() if leader < 0)
        msg = (
            f"{leaderless.topic}/{leaderless.partition} has no leader in the Kafka at {self._bootstrap}: "
            "start the brokers that hold its copies"
        )
        raise BrokerDownError(msg)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AIOKafkaClient]:
        try:
            with translating(self._bootstrap):
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    yield await self._connected()
        except BrokerDownError:
            # The cluster may have other addresses when it is back.
            await self.close()
            raise

    async def _connected(self) -> AIOKafkaClient:
        async with self._opening:
            if self._opened is None:
                client_opened = AIOKafkaClient(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    request_timeout_ms=REQUEST_TIMEOUT_MS,
                )
                try:
                    await client_opened.bootstrap()
                except BaseException:
                    await client_opened.close()
                    raise
                self._opened = client_opened
            return self._opened


async def _offsets(client: AIOKafkaClient, leaders: Leaders, moment: int, isolation: int) -> Offsets:
    """The offsets of all partitions, by one request to each leader."""
    offsets: dict[TopicPartition, int] = {}
    for leader in sorted(set(leaders.values())):
        led_partitions = [tp for tp, other in leaders.items() if other == leader]
        topics = [
            (topic, [(tp.partition, moment) for tp in topic_partitions])
            for topic, topic_partitions in groupby(led_partitions, lambda tp: tp.topic)
        ]
        response: Any = await client.send(leader, OffsetRequest(-1, isolation, topics))
        for name, partitions in response.topics:
            for number, error, _, offset in partitions:
                _check(error, topic_partition := TopicPartition(name, number))
                offsets[topic_partition] = offset
    return offsets


def first_record(
    batches: bytes, start: int, aborted: Sequence[tuple[int, int]]
) -> tuple[UnconsumedRecord | None, int]:
    """The first data record from `start` on, and the offset after the batches that were examined.

    `aborted` is (producer id, first offset).
    """
    unopened, active = sorted((first, producer) for producer, first in aborted), set[int]()
    for batch in _batches(batches):
        while unopened and unopened[0][0] <= batch.base_offset:
            active.add(unopened.pop(0)[1])
        if batch.is_control_batch:
            active.discard(batch.producer_id)
        elif batch.next_offset > start and not (batch.is_transactional and batch.producer_id in active):
            timestamp_ms = (
                batch.max_timestamp if batch.timestamp_type == APPEND_TIME else batch.first_timestamp
            )
            return UnconsumedRecord(
                max(start, batch.base_offset),
                timestamp_ms,
                batch.producer_id if batch.is_transactional else None,
            ), batch.next_offset
        start = max(start, batch.next_offset)
    return None, start


def _batches(batches: bytes) -> Iterator[Any]:
    records = MemoryRecords(batches)
    while records.has_next():
        yield records.next_batch()


def _check(error: int, topic_partition: TopicPartition) -> None:
    if error:
        raise kafka.for_code(error)(f"{topic_partition.topic}/{topic_partition.partition}")
