"""Partition workers: how assigned partitions are grouped into them."""

from streaming.brokers.records import TopicPartition
from streaming.partitions.workers import one_worker_per_number, one_worker_per_partition

ASSIGNED = frozenset(TopicPartition(topic, number) for topic in ("a", "b") for number in (0, 1))


def test_each_partition_of_each_topic_has_its_own_worker() -> None:
    assert one_worker_per_partition(ASSIGNED) == [(partition,) for partition in sorted(ASSIGNED)]


def test_partitions_of_one_number_share_a_worker() -> None:
    workers = one_worker_per_number(2)(ASSIGNED)

    assert workers == [
        (TopicPartition("a", 0), TopicPartition("b", 0)),
        (TopicPartition("a", 1), TopicPartition("b", 1)),
    ]


def test_a_number_that_is_not_assigned_in_all_topics_has_no_worker() -> None:
    workers = one_worker_per_number(2)(ASSIGNED - {TopicPartition("b", 1)})

    assert workers == [(TopicPartition("a", 0), TopicPartition("b", 0))]
