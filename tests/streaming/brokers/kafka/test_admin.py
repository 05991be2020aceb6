"""Administration of Kafka: replicas as brokers allow, refusals told with the way out, no commit invented."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition as KafkaPartition
from aiokafka import errors as kafka
from aiokafka.admin import NewTopic
from aiokafka.structs import OffsetAndMetadata

from streaming.brokers.kafka.admin import KafkaAdmin
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import BrokerDownError, StopServiceError, UnknownTopicError


class Cluster:
    """A cluster of some brokers, which answers requests with an error code."""

    def __init__(self, brokers: int = 1, error: type[kafka.BrokerResponseError] | None = None) -> None:
        self._brokers = brokers
        self._code = error.errno if error is not None else 0
        self.created: list[NewTopic] = []
        self.failures: list[Exception] = []
        self.committed: Mapping[KafkaPartition, OffsetAndMetadata] = {}

    async def describe_cluster(self) -> Mapping[str, Any]:
        return {"brokers": list(range(self._brokers))}

    async def list_topics(self) -> Sequence[str]:
        return ["old"]

    async def create_topics(self, topics: Sequence[NewTopic]) -> Any:
        self.created += topics
        return SimpleNamespace(topic_errors=[(topic.name, self._code, "") for topic in topics])

    async def describe_topics(self, topics: Sequence[str]) -> Any:
        return [{"error_code": self._code, "partitions": [1, 2, 3]}]

    async def describe_configs(self, resources: Sequence[Any]) -> Any:
        entries = [("max.message.bytes", "1000"), ("retention.ms", "7")]
        return [
            SimpleNamespace(resources=[(self._code, "", 2, resource.name, entries) for resource in resources])
        ]

    async def list_consumer_group_offsets(self, group: str) -> Mapping[KafkaPartition, OffsetAndMetadata]:
        if self.failures:
            raise self.failures.pop()
        return self.committed


def admin(cluster: Any) -> KafkaAdmin:
    return KafkaAdmin(cluster, "127.0.0.1:9092")


@pytest.mark.parametrize(
    ("brokers", "replicas", "in_sync"), [(1, 1, None), (2, 2, None), (3, 3, "2"), (9, 3, "2")]
)
async def test_missing_topics_are_replicated_as_far_as_the_cluster_has_brokers(
    brokers: int, replicas: int, in_sync: str | None
) -> None:
    cluster = Cluster(brokers)

    await admin(cluster).create_topics({"old": (6, {}), "new": (6, {"retention.ms": "7"})})

    (topic,) = cluster.created
    assert (topic.name, topic.num_partitions, topic.replication_factor) == ("new", 6, replicas)
    assert topic.topic_configs.get("min.insync.replicas") == in_sync
    assert topic.topic_configs["retention.ms"] == "7"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (kafka.TopicAlreadyExistsError, None),
        (kafka.TopicAuthorizationFailedError, StopServiceError),
        (kafka.RequestTimedOutError, BrokerDownError),
    ],
)
async def test_a_topic_that_another_process_created_is_no_error_and_a_refusal_is(
    error: type[kafka.BrokerResponseError], raised: type[Exception] | None
) -> None:
    creating = admin(Cluster(error=error)).create_topics({"new": (1, {})})

    if raised is None:
        await creating
    else:
        with pytest.raises(raised):
            await creating


async def test_settings_that_this_user_may_not_read_are_unknown_and_changing_them_says_what_to_allow() -> (
    None
):
    forbidden = admin(Cluster(error=kafka.TopicAuthorizationFailedError))

    assert await admin(Cluster()).max_record_bytes("old") == 1_000
    assert await forbidden.max_record_bytes("old") is None
    with pytest.raises(StopServiceError, match="allow this user DescribeConfigs and AlterConfigs"):
        await forbidden.align_topics({"old": {"retention.ms": "8"}})


async def test_only_topics_that_exist_and_differ_are_aligned() -> None:
    aligned = await admin(Cluster()).align_topics(
        {"old": {"retention.ms": "7"}, "new": {"retention.ms": "8"}}
    )

    assert aligned == []


async def test_the_partitions_of_an_unknown_topic_are_an_error() -> None:
    assert await admin(Cluster()).partitions("old") == 3
    with pytest.raises(UnknownTopicError):
        await admin(Cluster(error=kafka.UnknownTopicOrPartitionError)).partitions("new")


async def test_offsets_of_a_group_are_waited_for_and_a_partition_without_a_commit_has_none() -> None:
    cluster = Cluster()
    cluster.failures = [kafka.GroupLoadInProgressError()]
    cluster.committed = {
        KafkaPartition("t", 0): OffsetAndMetadata(7, "meta"),
        KafkaPartition("t", 1): OffsetAndMetadata(-1, ""),
    }

    offsets = await admin(cluster).group_offsets("guard")

    assert offsets == {TopicPartition("t", 0): CommittedOffset(7, "meta")}
    assert cluster.failures == []
