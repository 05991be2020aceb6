"""Reads the lag of consumer groups, and the open transactions that block partitions, with their producers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import kafka_topics
from streaming.brokers.port import Broker
from streaming.brokers.records import TopicPartition
from streaming.partitions.lag import LagReader, OpenTransactionPartition, PartitionLag

MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class BlockingTransaction:
    """A partition that an open transaction blocks; `transactional_id` is None if Kafka does not return it."""

    held: OpenTransactionPartition
    transactional_id: str | None


@dataclass(frozen=True, slots=True)
class LagReport:
    """The lag of the groups, and the partitions of all topics that open transactions block."""

    lags: Sequence[PartitionLag]
    blocking: Sequence[BlockingTransaction]

    def blocking_of(self, partition: TopicPartition) -> BlockingTransaction | None:
        """The open transaction that blocks a partition, if any."""
        return next((entry for entry in self.blocking if entry.held.topic_partition == partition), None)


async def read_lag(broker: Broker, groups: Mapping[str, Sequence[str]]) -> LagReport:
    """Read the lag of these groups and the open transactions of all topics."""
    reader = LagReader(broker)
    lags = [lag for group, topics in groups.items() for lag in await reader.of(group, topics)]
    held = await reader.open_transactions(tuple(kafka_topics(1)))
    producers = sorted({partition.producer_id for partition in held if partition.producer_id is not None})
    names = await broker.positions.transactional_ids(producers) if producers else {}
    named = [
        (partition, None if partition.producer_id is None else names.get(partition.producer_id))
        for partition in held
    ]
    return LagReport(lags, [BlockingTransaction(partition, _printable(name)) for partition, name in named])


def _printable(name: str | None) -> str | None:
    """A foreign name of bounded length without control characters, which could control a terminal."""
    if name is None:
        return None
    return "".join(letter if letter.isprintable() else "?" for letter in name[:MAX_NAME_CHARS])
