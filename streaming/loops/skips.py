"""Offsets that hold no request, and the ids under which they are accounted for."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from streaming.brokers.records import TopicPartition
from streaming.handling import NAMESPACE

SkipReason = Literal["tick", "no_record", "lost"]


@dataclass(frozen=True, slots=True)
class SkippedOffsets:
    """The offsets first..last of a partition, both included."""

    topic_partition: TopicPartition
    first: int
    last: int
    reason: SkipReason


def skip_id(skip: SkippedOffsets) -> UUID:
    """The same range gets the same id after every crash; ranges that overlap are merged by whoever counts them."""
    return uuid5(
        NAMESPACE,
        f"skip/{skip.topic_partition.topic}/{skip.topic_partition.partition}/{skip.first}-{skip.last}",
    )
