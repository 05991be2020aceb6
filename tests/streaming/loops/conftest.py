"""A broker with all topics, one partition each."""

import pytest

from schemas.topics import kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from tests.streaming.loops.bench import CommitRecordingBroker


@pytest.fixture
async def broker() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker


@pytest.fixture
async def recording_broker() -> CommitRecordingBroker:
    broker = CommitRecordingBroker()
    await broker.admin.create_topics(kafka_topics(2))
    return broker
