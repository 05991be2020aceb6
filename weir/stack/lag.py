"""One look at the lag of groups, and at the transactions that hold partitions, with the producers' names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import kafka_topics
from streaming.brokers.port import Broker
from streaming.brokers.records import TopicPartition
from streaming.partitions.lag import LagReader, OpenTransactionPartition, PartitionLag

MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class BlockingTransaction:
    """A held partition; `transactional_id` is the producer's name where Kafka tells it."""

    held: OpenTransactionPartition
    transactional_id: str | None


@dataclass(frozen=True, slots=True)
class LagReport:
    """What was seen: the lag of the groups, and what is held on any topic."""

    lags: Sequence[PartitionLag]
    blocking: Sequence[BlockingTransaction]

    def blocking_of(self, place: TopicPartition) -> BlockingTransaction | None:
        """Who holds a partition."""
        return next((holder for holder in self.blocking if holder.held.topic_partition == place), None)


async def read_lag(broker: Broker, groups: Mapping[str, Sequence[str]]) -> LagReport:
    """Look once."""
    lags = LagReader(broker)
    found = [lag for group, topics in groups.items() for lag in await lags.of(group, topics)]
    held = await lags.open_transactions(tuple(kafka_topics(1)))
    producers = sorted({partition.producer_id for partition in held if partition.producer_id is not None})
    names = await broker.positions.transactional_ids(producers) if producers else {}
    named = [
        (partition, None if partition.producer_id is None else names.get(partition.producer_id))
        for partition in held
    ]
    return LagReport(found, [BlockingTransaction(partition, _printable(name)) for partition, name in named])


def _printable(name: str | None) -> str | None:
    """A foreign name without control characters, which could steer a terminal, and of bounded length."""
    return (
        None
        if name is None
        else "".join(letter if letter.isprintable() else "?" for letter in name[:MAX_NAME_CHARS])
    )
