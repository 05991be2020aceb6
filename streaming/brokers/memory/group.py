"""Consumer groups in memory: eager rebalances, fenced commits, range and sticky assignment."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streaming.brokers.memory.log import MemoryLogs
from streaming.brokers.port import Assignor, OnChange
from streaming.brokers.records import CommittedOffset, Record, TopicPartition
from streaming.errors import FencedError

Assignment = frozenset[TopicPartition]
NOTHING: Assignment = frozenset()


@dataclass(slots=True, eq=False)
class MemoryGroupMember:
    """One member: its subscription, its assignment, and its listeners."""

    client_id: str
    topics: tuple[str, ...]
    assignor: Assignor
    on_revoked: OnChange
    on_assigned: OnChange
    owned: Assignment = NOTHING
    generation: int = 0
    positions: dict[TopicPartition, int] = field(default_factory=dict[TopicPartition, int])


class MemoryGroupCoordinator:
    """The coordinator of one group."""

    def __init__(self, logs: MemoryLogs) -> None:
        """Start empty."""
        self._logs = logs
        self.members: list[MemoryGroupMember] = []
        self.committed_offsets: dict[TopicPartition, CommittedOffset] = {}
        self.generation = 0
        self._lock = asyncio.Lock()

    async def add(self, member: MemoryGroupMember) -> None:
        """Add a member and rebalance."""
        async with self._lock:
            await self._revoke()
            self.members.append(member)
            await self._assign()

    async def remove(self, member: MemoryGroupMember) -> None:
        """Remove a member and rebalance; its listener is called with the revoked partitions."""
        async with self._lock:
            if member not in self.members:
                return
            await self._revoke()
            self.members.remove(member)
            await self._assign()

    async def evict(self, member: MemoryGroupMember) -> None:
        """Remove a suspended member without notice; its commits are fenced from now on."""
        async with self._lock:
            self.members.remove(member)
            await self._revoke()
            await self._assign()

    async def _revoke(self) -> None:
        for member in self.members:
            await member.on_revoked(member.owned)

    async def _assign(self) -> None:
        self.generation += 1
        plan = self._plan()
        for member in self.members:
            member.owned, member.generation = plan.get(member.client_id, NOTHING), self.generation
            member.positions = {}
        for member in self.members:
            await member.on_assigned(member.owned)
        self._logs.notify()

    def _plan(self) -> dict[str, Assignment]:
        if not self.members:
            return {}
        topics = sorted({topic for member in self.members for topic in member.topics})
        topic_partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in range(len(self._logs.topic(topic)))
        ]
        return (
            self._sticky(topic_partitions)
            if self.members[0].assignor == "sticky"
            else self._range(topic_partitions)
        )

    def _range(self, topic_partitions: Sequence[TopicPartition]) -> dict[str, Assignment]:
        """Assign the same partition number of each topic to the same member, as Kafka's range assignor."""
        members = sorted(self.members, key=lambda member: member.client_id)
        plan: dict[str, set[TopicPartition]] = {member.client_id: set() for member in members}
        for topic_partition in topic_partitions:
            count = sum(other.topic == topic_partition.topic for other in topic_partitions)
            share, extra = divmod(count, len(members))
            border = (share + 1) * extra
            index = (
                topic_partition.partition // (share + 1)
                if topic_partition.partition < border
                else extra + (topic_partition.partition - border) // max(share, 1)
            )
            plan[members[index].client_id].add(topic_partition)
        return {name: frozenset(owned) for name, owned in plan.items()}

    def _sticky(self, topic_partitions: Sequence[TopicPartition]) -> dict[str, Assignment]:
        """Members keep their partitions as long as all members have about the same number."""
        share, extra = divmod(len(topic_partitions), len(self.members))
        plan: dict[str, set[TopicPartition]] = {}
        for member in sorted(self.members, key=lambda member: len(member.owned), reverse=True):
            most = share + 1 if len(plan) < extra else share
            plan[member.client_id] = set(sorted(member.owned & set(topic_partitions))[:most])
        for topic_partition in topic_partitions:
            if not any(topic_partition in owned for owned in plan.values()):
                min(plan.values(), key=len).add(topic_partition)
        return {name: frozenset(owned) for name, owned in plan.items()}


class MemoryGroupConsumer:
    """A member's view of its group."""

    def __init__(self, logs: MemoryLogs, group: MemoryGroupCoordinator, member: MemoryGroupMember) -> None:
        """Wrap a member that was added to the coordinator."""
        self._logs = logs
        self._group = group
        self._member = member

    @property
    def member_id(self) -> str:
        """The client id with the generation that it joined in."""
        return f"{self._member.client_id}-{self._member.generation}"

    def assignment(self) -> Assignment:
        """The partitions that were last assigned to this member; after an eviction it is outdated."""
        return self._member.owned

    async def poll(
        self, topic_partitions: Sequence[TopicPartition], *, max_records: int, timeout_s: float
    ) -> list[Record]:
        """The next records of the partitions that are owned."""
        until = time.monotonic() + timeout_s
        while True:
            records = self._take([tp for tp in topic_partitions if tp in self._member.owned], max_records)
            left_s = until - time.monotonic()
            if records or left_s <= 0:
                return records
            await self._logs.changed(left_s)

    def _take(self, topic_partitions: Sequence[TopicPartition], max_records: int) -> list[Record]:
        records: list[Record] = []
        for topic_partition in topic_partitions:
            log = self._logs.at(topic_partition)
            committed = self._group.committed_offsets.get(topic_partition)
            position = max(
                self._member.positions.get(topic_partition, committed.offset if committed else 0), log.start
            )
            taken = log.between(position, log.stable, max_records - len(records))
            records += taken
            self._member.positions[topic_partition] = (
                taken[-1].offset + 1 if taken and len(records) >= max_records else max(position, log.stable)
            )
        return records

    def seek(self, topic_partition: TopicPartition, offset: int) -> None:
        """Continue at `offset`."""
        if topic_partition not in self._member.owned:
            msg = f"{topic_partition.topic}/{topic_partition.partition} is not assigned"
            raise FencedError(msg)
        self._member.positions[topic_partition] = offset

    def position(self, topic_partition: TopicPartition) -> int | None:
        """The offset at which reading continues."""
        return self._member.positions.get(topic_partition)

    async def committed(self, topic_partition: TopicPartition) -> CommittedOffset | None:
        """The group's committed offset."""
        self._logs.raise_if_down()
        return self._group.committed_offsets.get(topic_partition)

    async def commit(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Commit offsets; raises FencedError if the member left the group or does not own a partition."""
        self._logs.raise_if_down()
        if self._member not in self._group.members or not set(offsets) <= self._member.owned:
            msg = "the group has moved on"
            raise FencedError(msg)
        self._group.committed_offsets.update(offsets)

    async def members(self) -> frozenset[str]:
        """The client ids."""
        return frozenset(member.client_id for member in self._group.members)
