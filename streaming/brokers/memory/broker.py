"""A broker in memory for tests and experiments: the same contract as Kafka, with faults on demand."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Literal, Self

from streaming.brokers.kafka.broker import key_partition
from streaming.brokers.memory.group import MemoryGroupConsumer, MemoryGroupCoordinator, MemoryGroupMember
from streaming.brokers.memory.log import MemoryLogs
from streaming.brokers.memory.positions import MemoryPositions
from streaming.brokers.port import Assignor, OnChange
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.errors import BrokerDownError, StreamingError


class MemoryProducer:
    """Appends at once; a test can make the next sends fail."""

    def __init__(self, logs: MemoryLogs) -> None:
        """Take the logs."""
        self._logs = logs
        self._keyless = count()
        self.failures_left = 0

    async def send(self, record: OutboundRecord) -> "asyncio.Future[int]":
        """Append a record, or fail if a test requested it."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        partitions = len(self._logs.topic(record.topic))
        partition = record.partition
        if partition is None:
            partition = (
                next(self._keyless) % partitions
                if record.key is None
                else key_partition(record.key, partitions)
            )
        if self.failures_left > 0:
            self.failures_left -= 1
            msg = "the in-memory broker lost this send"
            done.set_exception(BrokerDownError(msg))
        else:
            done.set_result(self._logs.append(record, partition))
        return done

    async def append(
        self, topic_partition: TopicPartition, records: Sequence[OutboundRecord]
    ) -> "Sequence[asyncio.Future[range]]":
        """Append records at once, each as a batch of its own."""
        return [
            await self._append_one(
                replace(record, topic=topic_partition.topic, partition=topic_partition.partition)
            )
            for record in records
        ]

    async def _append_one(self, record: OutboundRecord) -> "asyncio.Future[range]":
        done: asyncio.Future[range] = asyncio.get_running_loop().create_future()
        try:
            offset = await (await self.send(record))
            done.set_result(range(offset, offset + 1))
        except StreamingError as error:
            done.set_exception(error)
        return done


class MemoryReader:
    """Reads ranges of the logs."""

    def __init__(self, logs: MemoryLogs) -> None:
        """Take the logs."""
        self._logs = logs

    async def read(self, topic_partition: TopicPartition, start: int, end: int) -> list[Record]:
        """The data records of a range."""
        log = self._logs.at(topic_partition)
        return log.between(start, min(end, log.stable))

    async def beginning(self, topic_partition: TopicPartition) -> int:
        """The first offset that the log still holds."""
        return self._logs.at(topic_partition).start

    async def end(self, topic_partition: TopicPartition) -> int:
        """The last stable offset."""
        return self._logs.at(topic_partition).stable

    async def partitions(self, topic: str) -> int:
        """The topic's partition count."""
        return len(self._logs.topic(topic))


class MemoryAdmin:
    """Topics, committed offsets, purges."""

    def __init__(self, logs: MemoryLogs, groups: Mapping[str, MemoryGroupCoordinator]) -> None:
        """Take logs and groups."""
        self._logs = logs
        self._groups = groups

    async def create_topics(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """Create what is missing."""
        for name, (partitions, config) in topics.items():
            self._logs.create(name, partitions, config)

    async def align_topics(self, topics: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Set what differs."""
        changed: list[str] = []
        for name, settings in topics.items():
            known = self._logs.config(name)
            if known is not None:
                differing = {key: value for key, value in settings.items() if known.get(key) != value}
                self._logs.configure(name, differing)
                changed += [f"{name} {key}" for key in differing]
        return changed

    async def group_offsets(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        """All committed offsets of a group."""
        self._logs.raise_if_down()
        return dict(self._groups[group].committed_offsets) if group in self._groups else {}

    async def delete_before(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Move the beginnings of the logs."""
        for topic_partition, offset in offsets.items():
            log = self._logs.at(topic_partition)
            log.start = max(log.start, min(offset, log.end))


class MemoryFollower:
    """Follows whole topics."""

    def __init__(self, logs: MemoryLogs, positions: dict[TopicPartition, int]) -> None:
        """Take the offsets at which to begin."""
        self._logs = logs
        self._positions = positions
        self._ends = {tp: logs.at(tp).stable for tp in positions}

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Record]:
        """The next records of all partitions."""
        records = self._take(max_records)
        if not records:
            await self._logs.changed(timeout_s)
            records = self._take(max_records)
        return records

    def _take(self, max_records: int) -> list[Record]:
        records: list[Record] = []
        for topic_partition, position in self._positions.items():
            log = self._logs.at(topic_partition)
            taken = log.between(position, log.stable, max_records - len(records))
            records += taken
            self._positions[topic_partition] = (
                taken[-1].offset + 1 if taken and len(records) >= max_records else max(position, log.stable)
            )
            if len(records) >= max_records:
                break
        return records

    async def has_caught_up(self) -> bool:
        """Whether everything that was in the log at the start has been returned."""
        return all(self._positions[tp] >= end for tp, end in self._ends.items())


class MemoryBroker:
    """Implements the broker port in one process; several members of one group may join it."""

    def __init__(self) -> None:
        """Start without topics."""
        self._logs = MemoryLogs()
        self._groups: dict[str, MemoryGroupCoordinator] = {}
        self._producer = MemoryProducer(self._logs)
        self._consumers: dict[str, tuple[MemoryGroupCoordinator, MemoryGroupMember]] = {}

    @property
    def producer(self) -> MemoryProducer:
        """The shared producer."""
        return self._producer

    @property
    def reader(self) -> MemoryReader:
        """The shared reader."""
        return MemoryReader(self._logs)

    @property
    def positions(self) -> MemoryPositions:
        """The shared positions."""
        return MemoryPositions(self._logs)

    @property
    def admin(self) -> MemoryAdmin:
        """The shared admin."""
        return MemoryAdmin(self._logs, self._groups)

    @asynccontextmanager
    async def join(  # noqa: PLR0913 - what a membership is made of
        self,
        group: str,
        topics: Sequence[str],
        *,
        assignor: Assignor,
        client_id: str,
        fetch_min_bytes: int = 1,
        on_revoked: OnChange,
        on_assigned: OnChange,
    ) -> AsyncGenerator[MemoryGroupConsumer]:
        """Join a group as a new member; `fetch_min_bytes` has no effect."""
        del fetch_min_bytes
        self._logs.raise_if_down()
        coordinator = self._groups.setdefault(group, MemoryGroupCoordinator(self._logs))
        member = MemoryGroupMember(client_id, tuple(topics), assignor, on_revoked, on_assigned)
        self._consumers[client_id] = coordinator, member
        await coordinator.add(member)
        try:
            yield MemoryGroupConsumer(self._logs, coordinator, member)
        finally:
            await coordinator.remove(member)

    @asynccontextmanager
    async def follow(
        self, topics: Sequence[str], *, start: Literal["beginning", "end"]
    ) -> AsyncGenerator[MemoryFollower]:
        """Follow topics outside of any group."""
        topic_partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in range(len(self._logs.topic(topic)))
        ]
        positions = {
            tp: self._logs.at(tp).stable if start == "end" else self._logs.at(tp).start
            for tp in topic_partitions
        }
        yield MemoryFollower(self._logs, positions)

    async def __aenter__(self) -> Self:
        """Nothing to connect."""
        self._logs.raise_if_down()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing to close."""

    async def append(
        self,
        topic: str,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...] = (),
        key: bytes | None = None,
        partition: int | None = None,
    ) -> int:
        """Append as a foreign producer would."""
        return await (await self._producer.send(OutboundRecord(topic, key, value, headers, partition)))

    def append_marker(self, topic: str, partition: int) -> None:
        """Append an offset without a data record, as a foreign transaction leaves it."""
        self._logs.append_marker(TopicPartition(topic, partition))

    async def open_transaction(self, topic: str, value: bytes | None, partition: int) -> int:
        """Append a record of another producer's open transaction; loops cannot read from its offset on."""
        offset = await self.append(topic, value, partition=partition)
        log = self._logs.at(TopicPartition(topic, partition))
        log.open_at = offset if log.open_at is None else log.open_at
        return offset

    def abort_transaction(self, topic: str, partition: int) -> None:
        """Remove the first record of the open transaction, and make the records after it readable."""
        log = self._logs.at(TopicPartition(topic, partition))
        if log.open_at is not None:
            log.entries[log.open_at], log.open_at = None, None
        self.append_marker(topic, partition)

    def records(self, topic: str) -> list[Record]:
        """All data records of a topic, partition after partition, without purged ones."""
        return [record for log in self._logs.topic(topic) for record in log.between(0, log.end)]

    def compact(self, topic: str) -> None:
        """Keep only the newest record of each key, and no tombstones, as Kafka's cleaner finally does."""
        for log in self._logs.topic(topic):
            log.compact()

    def fail_sends(self, number: int) -> None:
        """Let the next sends fail as if the broker had not responded."""
        self._producer.failures_left = number

    def go_down(self) -> None:
        """Let every call raise BrokerDownError."""
        self._logs.is_down = True

    def go_up(self) -> None:
        """Respond again."""
        self._logs.is_down = False
        self._logs.notify()

    def delete_committed_offsets(self, group: str) -> None:
        """Delete a group's committed offsets, so that all records are delivered again."""
        self._groups[group].committed_offsets.clear()

    async def evict(self, client_id: str) -> None:
        """Give a member's partitions to the others without notice, as after a suspension."""
        group, member = self._consumers[client_id]
        await group.evict(member)
