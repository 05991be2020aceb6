"""Rebuilds a ledger partition's state: its newest snapshot, and the decisions after it."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streaming.brokers.port import LogReader
from streaming.brokers.records import TopicPartition
from streaming.events.event_processing import event_in
from streaming.handling import LedgerState
from streaming.metrics import FOLDED, UNFOLDED
from streaming.state.snapshots import SnapshotLog

log = logging.getLogger(__name__)

READ_BATCH_OFFSETS = 5_000


@dataclass(frozen=True, slots=True)
class StateRebuilder:
    """Reads a ledger's decisions in one partition; deleted decisions are logged and counted."""

    group: str
    partition: int
    reader: LogReader
    snapshots: SnapshotLog

    async def rebuild(self, state: LedgerState, topics: Sequence[str]) -> Mapping[str, int]:
        """Fold all decisions of these output topics into the state; returns the end of each topic."""
        started, folded = time.monotonic(), 0
        topic_partitions = [TopicPartition(topic, self.partition) for topic in topics]
        snapshot_ends = {tp.topic: await self.reader.end(tp) for tp in topic_partitions}
        begin = await self.snapshots.load_into(state, snapshot_ends)
        ends: dict[str, int] = {}
        for topic_partition in topic_partitions:
            topic, end = topic_partition.topic, await self.reader.end(topic_partition)
            start = await self._first_to_fold(topic_partition, begin.get(topic, 0))
            folded += await self._fold(state, topic_partition, start, end)
            ends[topic] = end
        FOLDED.labels(self.group).inc(folded)
        facts = {"group": self.group, "partition": self.partition, "folded": folded}
        log.info("rebuilt", extra={**facts, "seconds": round(time.monotonic() - started, 3)})
        return ends

    async def _fold(self, state: LedgerState, topic_partition: TopicPartition, start: int, end: int) -> int:
        folded = 0
        for low in range(start, end, READ_BATCH_OFFSETS):
            for record in await self.reader.read(topic_partition, low, min(low + READ_BATCH_OFFSETS, end)):
                incoming = event_in(record)
                if incoming is not None:
                    state.fold(incoming.event, incoming.event_id)
                    folded += 1
            await asyncio.sleep(0)
        return folded

    async def _first_to_fold(self, topic_partition: TopicPartition, wanted: int) -> int:
        beginning = await self.reader.beginning(topic_partition)
        if beginning > wanted:
            UNFOLDED.labels(self.group, topic_partition.topic).inc(beginning - wanted)
            facts = {
                "group": self.group,
                "topic": topic_partition.topic,
                "partition": topic_partition.partition,
                "first": wanted,
                "last": beginning - 1,
            }
            log.error("decisions are gone that no snapshot holds: the state lacks them", extra=facts)
        return max(wanted, beginning)
