"""Members, topics and records for the contract's tests."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import uuid4

from streaming.brokers.port import Broker, GroupConsumer
from streaming.brokers.records import OutboundRecord, Record, TopicPartition

WAIT_S = 20.0


async def made(broker: Broker, partitions: int = 2, **config: str) -> str:
    name = f"t-{uuid4().hex[:10]}"
    await broker.admin.create_topics(
        {name: (partitions, {key.replace("_", "."): value for key, value in config.items()})}
    )
    return name


async def put(broker: Broker, topic: str, *values: bytes, partition: int = 0) -> list[int]:
    return [
        await (await broker.producer.send(OutboundRecord(topic, None, value, (), partition)))
        for value in values
    ]


class Membership:
    """A member of a group with what its rebalances told it."""

    def __init__(
        self, broker: Broker, group: str, topics: list[str], name: str, assignor: Any = "range"
    ) -> None:
        self.assigned: list[frozenset[TopicPartition]] = []
        self.revoked: list[frozenset[TopicPartition]] = []
        self._changed = asyncio.Event()
        self.joining: AbstractAsyncContextManager[GroupConsumer] = broker.join(
            group,
            topics,
            assignor=assignor,
            client_id=name,
            on_revoked=self._on_revoked,
            on_assigned=self._on_assigned,
        )

    async def _on_revoked(self, topic_partitions: frozenset[TopicPartition]) -> None:
        self.revoked.append(topic_partitions)

    async def _on_assigned(self, topic_partitions: frozenset[TopicPartition]) -> None:
        self.assigned.append(topic_partitions)
        self._changed.set()

    async def until(self, holds: Callable[[frozenset[TopicPartition]], bool]) -> frozenset[TopicPartition]:
        async with asyncio.timeout(WAIT_S):
            while not self.assigned or not holds(self.assigned[-1]):
                self._changed.clear()
                await self._changed.wait()
        return self.assigned[-1]


async def poll(consumer: GroupConsumer, topic_partition: TopicPartition, count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(WAIT_S):
        while len(records) < count:
            records += await consumer.poll([topic_partition], max_records=count - len(records), timeout_s=0.2)
    return records
