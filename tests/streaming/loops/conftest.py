"""A broker with all topics, one partition each."""

import pytest

from schemas.topics import kafka_topics
from streaming.brokers.memory.broker import MemoryBroker


@pytest.fixture
async def broker() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker
