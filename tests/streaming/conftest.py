"""Both brokers, one after the other: what the port promises is asked of each."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker
from tests.streaming.brokers.foreign_transaction import ForeignTransaction
from tests.streaming.brokers.membership import made


@pytest.fixture(params=["memory", "kafka"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if request.param == "memory":
        async with MemoryBroker() as memory:
            yield memory
        return
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    async with KafkaBroker(bootstrap, client_id=f"test-{uuid4().hex[:8]}") as kafka:
        yield kafka


@pytest.fixture
async def topic(broker: Broker) -> str:
    return await made(broker)


@pytest.fixture
async def foreign(broker: Broker, topic: str, request: pytest.FixtureRequest) -> ForeignTransaction:
    bootstrap = "" if isinstance(broker, MemoryBroker) else request.getfixturevalue("kafka_bootstrap")
    return ForeignTransaction(broker, bootstrap, topic)
