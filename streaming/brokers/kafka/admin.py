"""The admin port on Kafka: topics, committed offsets, purges."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition as KafkaPartition
from aiokafka import errors as kafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import OffsetAndMetadata

from streaming.brokers.kafka.errors import translated, translating
from streaming.brokers.kafka.requests import IncrementalAlterConfigsRequest
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import StopServiceError

CALL_TIMEOUT_S = 30.0
RETRY_S = 0.2
REPLICAS = 3
MIN_IN_SYNC = "2"
MAX_MESSAGE_BYTES = "max.message.bytes"


class KafkaAdmin:
    """Every call ends within half a minute."""

    def __init__(self, client: AIOKafkaAdminClient, bootstrap: str) -> None:
        """Take a started client."""
        self._client = client
        self._bootstrap = bootstrap

    async def create_topics(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """Create missing topics, replicated as far as the cluster has brokers."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                brokers = len((await self._client.describe_cluster())["brokers"])
                replicas = min(REPLICAS, brokers)
                extra = {"min.insync.replicas": MIN_IN_SYNC} if replicas >= REPLICAS else {}
                existing = set(await self._client.list_topics())
                new = [
                    NewTopic(name, count, replicas, topic_configs={**config, **extra})
                    for name, (count, config) in topics.items()
                    if name not in existing
                ]
                if new:
                    created: Any = await self._client.create_topics(new)
                    self._check(created.topic_errors)

    def _check(self, results: "list[tuple[object, ...]]") -> None:
        for _, code, *_ in results:
            error = kafka.for_code(int(str(code)))
            if error not in (kafka.NoError, kafka.TopicAlreadyExistsError):
                raise translated(error(), self._bootstrap)

    async def align_topics(self, topics: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Change only settings that differ, so that an operator's other settings stay."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                existing = set(await self._client.list_topics())
                wanted = {name: settings for name, settings in topics.items() if name in existing}
                current = await self._settings(wanted) if wanted else {}
                changes = {
                    name: differing
                    for name, settings in wanted.items()
                    if (
                        differing := {
                            key: value for key, value in settings.items() if current[name].get(key) != value
                        }
                    )
                }
                if changes:
                    response: Any = await self._client._send_request(IncrementalAlterConfigsRequest(changes))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - aiokafka only knows how to replace all settings
                    _check_settings([(code, name) for code, _, _, name in response.responses], "change")
        return [f"{name} {key}" for name, settings in changes.items() for key in settings]

    async def _settings(self, topics: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        responses: Any = await self._client.describe_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, name, dict(settings))
                for name, settings in topics.items()
            ]
        )
        resources = [resource for response in responses for resource in response.resources]
        _check_settings([(code, name) for code, _, _, name, _ in resources], "read")
        return {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in resources}

    async def max_record_bytes(self, topic: str) -> int | None:
        """The largest batch that a topic accepts; None if this user may not read its settings."""
        try:
            with translating(self._bootstrap):
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    settings = await self._settings({topic: {MAX_MESSAGE_BYTES: ""}})
        except StopServiceError:
            return None
        return int(settings[topic][MAX_MESSAGE_BYTES])

    async def partitions(self, topic: str) -> int:
        """The topic's partition count; raises UnknownTopicError."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                (described,) = await self._client.describe_topics([topic])
                if described["error_code"]:
                    raise kafka.for_code(described["error_code"])(topic)
        return len(described["partitions"])

    async def group_offsets(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        """All committed offsets of a group."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                offsets = await self._committed_offsets(group)
        return {
            TopicPartition(*tp): CommittedOffset(committed.offset, committed.metadata or "")
            for tp, committed in offsets.items()
            if committed.offset >= 0
        }

    async def _committed_offsets(self, group: str) -> Mapping[KafkaPartition, OffsetAndMetadata]:
        """The offsets of a group; retries while it has no coordinator, as at the start of a new broker."""
        while True:
            try:
                return await self._client.list_consumer_group_offsets(group)
            except (
                kafka.GroupCoordinatorNotAvailableError,
                kafka.NotCoordinatorForGroupError,
                kafka.GroupLoadInProgressError,
            ):
                await asyncio.sleep(RETRY_S)

    async def delete_before(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Delete the records below the offsets."""
        with translating(self._bootstrap):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._client.delete_records(
                    {KafkaPartition(*tp): RecordsToDelete(offset) for tp, offset in offsets.items()}
                )


def _check_settings(results: Sequence[tuple[int, str]], verb: str) -> None:
    for code, name in results:
        error = kafka.for_code(code)
        if error is not kafka.NoError:
            msg = (
                f"Kafka refused to {verb} the settings of {name} ({error.__name__}): "
                "allow this user DescribeConfigs and AlterConfigs there"
            )
            raise StopServiceError(msg)
