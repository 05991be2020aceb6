"""Skipped offsets: each gap of a counted topic is one event, whose id a crash does not change."""

from schemas.topics import REQUESTS
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record, TopicPartition
from streaming.events.publishing import Publisher
from streaming.loops.skips import SkippedOffsets, SkipPublisher, skip_id
from tests.streaming.loops.bench import SEALER

PARTITION = TopicPartition(REQUESTS.name, 0)
SKIPS = "llm.skips"


def publisher(broker: MemoryBroker, *counted: str) -> SkipPublisher:
    return SkipPublisher(Publisher(broker.producer, group="guard", sealer=SEALER), frozenset(counted))


def records(*offsets: int) -> list[Record]:
    return [Record(PARTITION.topic, PARTITION.partition, offset, 0, None, b"{}") for offset in offsets]


async def test_gaps_before_and_between_records_are_published(broker: MemoryBroker) -> None:
    await publisher(broker, PARTITION.topic).publish_gaps(PARTITION, 3, records(5, 6, 9))

    ids = [(record.header("ce_id") or b"").decode() for record in broker.records(SKIPS)]
    expected = [SkippedOffsets(PARTITION, 3, 4, "no_record"), SkippedOffsets(PARTITION, 7, 8, "no_record")]
    assert ids == [str(skip_id(skip)) for skip in expected]


async def test_records_without_a_gap_publish_nothing(broker: MemoryBroker) -> None:
    await publisher(broker, PARTITION.topic).publish_gaps(PARTITION, 5, records(5, 6, 7))

    assert broker.records(SKIPS) == []


async def test_skips_of_other_topics_are_not_published(broker: MemoryBroker) -> None:
    await publisher(broker).publish(SkippedOffsets(PARTITION, 0, 1, "lost"))

    assert broker.records(SKIPS) == []
