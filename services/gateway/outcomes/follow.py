"""Follows the topics on which requests end, and catches up after a time without a connection."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic
from streaming.brokers.port import Broker
from streaming.brokers.records import Record, TopicPartition

OUTCOME_TOPICS = (COMPLETIONS.name, dead_letter_topic(REQUESTS.name))
MAX_RECORDS = 500
POLL_S = 1.0


class OutcomeFollower:
    """Calls `consume` for each outcome since its first start; after an interruption possibly twice."""

    def __init__(self, broker: Broker, consume: Callable[[Record], None]) -> None:
        self._broker = broker
        self._consume = consume
        self._next: dict[TopicPartition, int] = {}

    @asynccontextmanager
    async def caught_up(self) -> AsyncGenerator[Callable[[], Awaitable[None]], None]:
        """Open the topics at their end, pass on what was missed, and yield a function that follows on."""
        async with self._broker.follow(OUTCOME_TOPICS, start="end") as follower:
            await self._catch_up()

            async def follow() -> None:
                while True:
                    for record in await follower.poll(max_records=MAX_RECORDS, timeout_s=POLL_S):
                        self._consume(record)
                        self._next[record.topic_partition] = record.offset + 1

            yield follow

    async def _catch_up(self) -> None:
        """Read what was appended while no follower was open; nothing at the first start: no call waits."""
        reader = self._broker.reader
        for topic in OUTCOME_TOPICS:
            for number in range(await reader.partitions(topic)):
                partition = TopicPartition(topic, number)
                end = await reader.end(partition)
                for start in range(self._next.get(partition, end), end, MAX_RECORDS):
                    for record in await reader.read(partition, start, min(start + MAX_RECORDS, end)):
                        self._consume(record)
                self._next[partition] = end
