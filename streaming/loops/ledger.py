"""The ledger loop: the log of decisions is the state; each decision is one record, and the first with its id wins.

Why nothing is lost or doubled: a decision is folded when it is made and read back from the log after a crash, so an input that is met
again finds its decision; an offset that is not the next one tells of another writer, and the lane is rebuilt from the log.
"""

import asyncio
import logging
import time
from collections import Counter as Counts
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.events.event_processing import (
    HandlerRunner,
    RecordRejectedError,
    event_id_of,
    event_in,
    note_failure,
)
from streaming.events.publishing import Publisher, SourceRecord
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import DeadLetteredRecord, Incoming, LedgerDecision, LedgerState
from streaming.loops.owned_log import SingleWriterLog, check_size
from streaming.metrics import BATCH_SECONDS, FOLDED, HOP_SECONDS, RECORDS_IN, UNFOLDED
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter
from streaming.partitions.quarantine import POISON_DEATHS, poison_rejection, runs_of
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment, one_worker_per_number
from streaming.seal.seal import Sealer
from streaming.state.snapshots import SnapshotLog

log = logging.getLogger(__name__)

MAX_BATCH = 500
MAX_UNACKNOWLEDGED_BATCHES = 3
COMMIT_EVERY = 1_000
POLL_S = 0.2
IN_FLIGHT_POLL_S = 0.01
TICK_EVERY_S = 1.0
READ_BATCH_OFFSETS = 5_000
# A snapshot of many accounts takes its time: at most one part in so many of it.
SNAPSHOT_PAUSE_FACTOR = 20

Decide = Callable[[Any, Incoming[Any]], LedgerDecision | None]
Tick = Callable[[Any, datetime], Sequence[LedgerDecision]]
CloseDecision = Callable[[Any, DeadLetteredRecord], LedgerDecision | None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A loop with one writer for each partition, whose state is a fold over its own output topics.

    All inputs and outputs have the same partition count, and are keyed alike. `closing` says by input topic which decision ends the
    request of a record that becomes a dead letter.
    """

    group: str
    decide: Mapping[type[Any], Decide]
    tick: Tick
    outputs: tuple[type[Event], ...]
    new_state: Callable[[], LedgerState]
    sealer: Sealer
    client_id: str
    snapshot_every_s: float = 60.0
    closing: Mapping[str, CloseDecision] = field(default_factory=dict[str, CloseDecision])

    @property
    def topics(self) -> tuple[str, ...]:
        """The input topics."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.decide}))

    @property
    def output_topics(self) -> tuple[str, ...]:
        """The topics that hold the decisions."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.outputs}))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        intake = HandlerRunner(self.group)

        async def work(assignment: WorkerAssignment) -> None:
            await _LedgerWorker(self, broker, publisher, intake, assignment).run()

        membership = GroupMembership(
            self.group, self.topics, self.client_id, assign_workers=one_worker_per_number(len(self.topics))
        )
        await GroupRunner(membership, work, lease).run(broker, stop)


class _LedgerWorker:
    """One partition number of all inputs and outputs."""

    def __init__(
        self,
        ledger: Ledger,
        broker: Broker,
        publisher: Publisher,
        intake: HandlerRunner,
        assignment: WorkerAssignment,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._publisher = publisher
        self._intake = intake
        self._assignment = assignment
        self._state = ledger.new_state()
        self._log = SingleWriterLog(publisher, assignment, broker.reader)
        self._progress = OffsetCommitter(
            assignment, COMMIT_EVERY, COMMIT_EVERY + (MAX_UNACKNOWLEDGED_BATCHES + 2) * MAX_BATCH
        )
        closing = {topic: partial(close, self._state) for topic, close in ledger.closing.items()}
        self._rejecting: DeadLetterWriter[LedgerDecision] = DeadLetterWriter(publisher, ledger.group, closing)
        self._metrics = _LedgerMetrics(ledger.group)
        self._snapshots = SnapshotLog(
            broker, publisher, assignment.lease, (ledger.group, assignment.partition)
        )
        self._ticked_at = self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = ledger.snapshot_every_s
        self._has_changed = False

    async def run(self) -> None:
        await self._rebuild()
        for topic_partition in self._assignment.partitions:
            resume_point = await self._progress.resume(self._broker.reader, topic_partition)
            self._assignment.consumer.seek(topic_partition, resume_point.start)
        try:
            while not self._assignment.stopping.is_set():
                await self._decide_batch()
            await self._log.acknowledge(0)
            await self._progress.close()
        except (Exception, asyncio.CancelledError):
            await self._progress.interrupt()
            raise
        finally:
            await self._log.drain()

    async def _decide_batch(self) -> None:
        """Decide what has come while the last batches are on their way to the log."""
        timeout_s = IN_FLIGHT_POLL_S if self._log.is_waiting else POLL_S
        records = await self._assignment.consumer.poll(
            self._assignment.partitions, max_records=MAX_BATCH, timeout_s=timeout_s
        )
        self._assignment.lease.check()
        if records:
            await self._batch(records)
        await self._tick_when_due()
        await self._log.acknowledge(MAX_UNACKNOWLEDGED_BATCHES)
        await self._progress.commit_when_due()
        await self._snapshot_when_due()

    async def _rebuild(self) -> None:
        started, folded = time.monotonic(), 0
        topic_partitions = [
            TopicPartition(topic, self._assignment.partition) for topic in self._ledger.output_topics
        ]
        ends = {tp.topic: await self._broker.reader.end(tp) for tp in topic_partitions}
        begin = await self._snapshots.load_into(self._state, ends)
        for topic_partition in topic_partitions:
            topic, end = topic_partition.topic, await self._broker.reader.end(topic_partition)
            start = await self._first_to_fold(topic_partition, begin.get(topic, 0))
            for low in range(start, end, READ_BATCH_OFFSETS):
                for record in await self._broker.reader.read(
                    topic_partition, low, min(low + READ_BATCH_OFFSETS, end)
                ):
                    incoming = event_in(record)
                    if incoming is not None:
                        self._state.fold(incoming.event, incoming.event_id)
                        folded += 1
                await asyncio.sleep(0)
            self._log.begin(topic, end)
        FOLDED.labels(self._ledger.group).inc(folded)
        facts = {"group": self._ledger.group, "partition": self._assignment.partition, "folded": folded}
        log.info("rebuilt", extra={**facts, "seconds": round(time.monotonic() - started, 3)})

    async def _first_to_fold(self, topic_partition: TopicPartition, wanted: int) -> int:
        beginning = await self._broker.reader.beginning(topic_partition)
        if beginning > wanted:
            UNFOLDED.labels(self._ledger.group, topic_partition.topic).inc(beginning - wanted)
            facts = {
                "group": self._ledger.group,
                "topic": topic_partition.topic,
                "partition": topic_partition.partition,
                "first": wanted,
                "last": beginning - 1,
            }
            log.error("decisions are gone that no snapshot holds: the state lacks them", extra=facts)
        return max(wanted, beginning)

    async def _batch(self, records: Sequence[Record]) -> None:
        started = time.time()
        await self._progress.open(len(records))
        decided: list[OutboundRecord] = []
        for run in runs_of(records, self._progress.quarantine):
            async with permit_held(self._progress.permit_for_run(run)):
                for record in run:
                    decided += await self._decided(record)
            for record in run:
                self._progress.note_finished(record.topic_partition, record.offset)
        self._metrics.taken(records)

        def done(at: float) -> None:
            self._progress.advance(
                {record.topic_partition: CommittedOffset(record.offset + 1) for record in records}
            )
            self._metrics.done(records, started, at)

        await self._log.append(decided, done)

    async def _decided(self, record: Record) -> Sequence[OutboundRecord]:
        """What follows from a record: its decision, nothing, or what closes the request of a dead letter."""
        deaths = self._progress.quarantine(record.topic_partition).deaths(record.offset)
        event: Event | None = None
        try:
            if deaths > POISON_DEATHS:
                raise poison_rejection(deaths)
            incoming = self._intake.decoded(record)
            event = incoming.event
            if deaths == POISON_DEATHS:
                raise poison_rejection(deaths)
            return self._fold(self._intake.decide(incoming, self._decide))
        except RecordRejectedError as rejection:
            rejected = RejectedRecord(record, rejection, event)
        if deaths > POISON_DEATHS:
            await (
                DeadLetterWriter[LedgerDecision]
                .without_closing(self._publisher, self._ledger.group)
                .write_letter(rejected)
            )
            return ()
        await self._rejecting.write_letter(rejected)
        return self._closed(rejected)

    def _closed(self, rejected: RejectedRecord) -> Sequence[OutboundRecord]:
        decision = self._rejecting.closing(rejected)
        if decision is None:
            return ()
        try:
            return self._fold(
                self._written(decision, SourceRecord(event_id_of(rejected.record), rejected.record))
            )
        except RecordRejectedError as rejection:
            note_failure(rejection, rejected.record, self._ledger.group)
            return ()

    def _decide(self, incoming: Incoming[Event]) -> "_WrittenDecision | None":
        decide = self._ledger.decide.get(type(incoming.event))
        if decide is None:
            msg = f"{type(incoming.event).__name__} is not decided here"
            raise RecordRejectedError("unhandled_event", msg)
        decision = decide(self._state, incoming)
        return (
            self._written(decision, SourceRecord(incoming.event_id, incoming.record))
            if decision is not None
            else None
        )

    def _written(self, decision: LedgerDecision, origin: SourceRecord | None) -> "_WrittenDecision":
        """A decision as its record; raises Rejection for what no log would take."""
        record = self._publisher.outbound(
            decision.event, decision.event_id, origin, self._assignment.partition
        )
        check_size(record)
        return _WrittenDecision(decision, record)

    def _fold(self, written: "_WrittenDecision | None") -> Sequence[OutboundRecord]:
        """Fold a decision and give its record."""
        if written is None:
            return ()
        self._state.fold(written.decision.event, written.decision.event_id)
        self._has_changed = True
        return (written.record,)

    async def _tick_when_due(self) -> None:
        if time.monotonic() - self._ticked_at < TICK_EVERY_S:
            return
        self._ticked_at = time.monotonic()
        decisions = self._ledger.tick(self._state, datetime.now(UTC))
        if decisions:
            await self._log.append(
                [record for decision in decisions for record in self._ticked(decision)], _nothing
            )

    def _ticked(self, decision: LedgerDecision) -> Sequence[OutboundRecord]:
        try:
            return self._fold(self._written(decision, None))
        except RecordRejectedError as rejection:
            log.error(
                "a decision is larger than its topic accepts",
                extra={"group": self._ledger.group, "because": str(rejection)},
            )
            return ()

    async def _snapshot_when_due(self) -> None:
        started = time.monotonic()
        if not self._has_changed or started - self._snapshot_at < self._snapshot_pause_s:
            return
        await self._log.acknowledge(0)
        self._has_changed = False
        await self._snapshots.write(self._state, self._log.unacknowledged_from)
        self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = max(
            self._ledger.snapshot_every_s, SNAPSHOT_PAUSE_FACTOR * (self._snapshot_at - started)
        )


@dataclass(frozen=True, slots=True)
class _WrittenDecision:
    """A decision and its record."""

    decision: LedgerDecision
    record: OutboundRecord


class _LedgerMetrics:
    """A group's metrics with their labels looked up once."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._hop, self._batch = HOP_SECONDS.labels(group), BATCH_SECONDS.labels(group)

    def taken(self, records: Sequence[Record]) -> None:
        for topic, count in Counts(record.topic for record in records).items():
            RECORDS_IN.labels(self._group, topic).inc(count)

    def done(self, records: Sequence[Record], started: float, at: float) -> None:
        self._batch.observe(max(0.0, at - started))
        for record in records:
            self._hop.observe(max(0.0, at - record.timestamp_ms / 1000))


def _nothing(at: float) -> None:
    """What follows from the acknowledgement of a tick."""
    del at
