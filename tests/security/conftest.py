"""A Kafka with all topics and a ClickHouse with all tables, for tests that use real servers."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from streaming.brokers.kafka.broker import KafkaBroker
from weir.clickhouse import connected
from weir.stack.migrate import migrate
from weir.stack.publish import create_topics

PARTITIONS = 4


@pytest.fixture
async def broker(kafka_bootstrap: str) -> AsyncIterator[KafkaBroker]:
    async with KafkaBroker(kafka_bootstrap, client_id=f"test-{uuid4().hex[:8]}") as made:
        await create_topics(made, PARTITIONS)
        yield made


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with connected(clickhouse_url) as made:
        migrate(made)
        yield made
