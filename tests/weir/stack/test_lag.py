"""The lag of groups, and who blocks a partition, as the broker tells them."""

from collections.abc import Mapping, Sequence

import pytest
from typing_extensions import override

from schemas.topics import REQUESTS, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.memory.log import MemoryLogs
from streaming.brokers.memory.positions import MemoryPositions
from streaming.brokers.records import TopicPartition
from weir.stack.lag import MAX_NAME_CHARS, read_lag

FIRST = TopicPartition(REQUESTS.name, 0)
GROUPS = {"guard": (REQUESTS.name,)}


class NamedProducers(MemoryPositions):
    """Positions whose foreign producers have one name, or none."""

    def __init__(self, logs: MemoryLogs, name: str | None) -> None:
        super().__init__(logs)
        self._name = name

    @override
    async def transactional_ids(self, producer_ids: Sequence[int]) -> Mapping[int, str]:
        return {} if self._name is None else dict.fromkeys(producer_ids, self._name)


class BrokerWithProducer(MemoryBroker):
    """A broker whose foreign producers have this transactional id."""

    def __init__(self, name: str | None) -> None:
        super().__init__()
        self._name = name

    @property
    @override
    def positions(self) -> MemoryPositions:
        return NamedProducers(self._logs, self._name)


@pytest.fixture
async def broker() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(2))
    return broker


async def test_a_group_that_never_committed_lags_by_every_record(broker: MemoryBroker) -> None:
    for _ in range(3):
        await broker.append(REQUESTS.name, b"{}", partition=0)

    report = await read_lag(broker, GROUPS)

    assert {lag.topic_partition.partition: lag.records for lag in report.lags} == {0: 3, 1: 0}
    assert (report.blocking, report.blocking_of(FIRST)) == ([], None)


async def test_an_open_transaction_is_found_in_its_partition_alone(broker: MemoryBroker) -> None:
    await broker.open_transaction(REQUESTS.name, b"{}", 0)

    report = await read_lag(broker, GROUPS)

    (blocking,) = report.blocking
    assert blocking.held.topic_partition == FIRST
    assert report.blocking_of(FIRST) == blocking
    assert report.blocking_of(TopicPartition(REQUESTS.name, 1)) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("billing", "billing"),
        ("\x1b[31mred\n", "?[31mred?"),
        ("x" * (MAX_NAME_CHARS + 9), "x" * MAX_NAME_CHARS),
    ],
)
async def test_the_name_of_a_foreign_producer_is_bounded_and_cannot_control_a_terminal(
    name: str, shown: str
) -> None:
    broker = BrokerWithProducer(name)
    await broker.admin.create_topics(kafka_topics(2))
    await broker.open_transaction(REQUESTS.name, b"{}", 0)

    (blocking,) = (await read_lag(broker, {})).blocking

    assert blocking.transactional_id == shown


async def test_a_producer_that_kafka_does_not_name_has_no_name() -> None:
    nameless = BrokerWithProducer(None)
    await nameless.admin.create_topics(kafka_topics(2))
    await nameless.open_transaction(REQUESTS.name, b"{}", 0)

    (blocking,) = (await read_lag(nameless, {})).blocking

    assert blocking.transactional_id is None
