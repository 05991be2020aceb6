"""The ledger loop: the log of decisions is the state, one record each; of equal ids the first one counts.

Why nothing is lost or doubled: a decision is folded when it is made and read back from the log after a crash,
so a redelivered input finds its decision in the state. An acknowledged offset that is not the next one
reveals another writer; then the loop rebuilds from the log.
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
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record
from streaming.events.event_processing import (
    HandlerRunner,
    RecordRejectedError,
)
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter
from streaming.handling import DeadLetteredRecord, LedgerDecision, LedgerState
from streaming.loops.decisions import Decide, RecordDecider
from streaming.loops.owned_log import SingleWriterLog
from streaming.loops.rebuild import StateRebuilder
from streaming.metrics import BATCH_SECONDS, HOP_SECONDS, RECORDS_IN
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter
from streaming.partitions.quarantine import runs_of
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment, one_worker_per_number
from streaming.seal.seal import Sealer
from streaming.state.snapshots import LedgerPartition, SnapshotLog

log = logging.getLogger(__name__)

MAX_BATCH_RECORDS = 500
MAX_UNACKNOWLEDGED_BATCHES = 3
COMMIT_EVERY_RECORDS = 1_000
POLL_S = 0.2
IN_FLIGHT_POLL_S = 0.01
TICK_EVERY_S = 1.0
SNAPSHOT_PAUSE_FACTOR = 20
"""A pause is at least so many times as long as the snapshot before it took."""

Tick = Callable[[Any, datetime], Sequence[LedgerDecision]]
CloseDecision = Callable[[Any, DeadLetteredRecord], LedgerDecision | None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The loop with one writer for each partition, whose state is a fold over its own output topics.

    All inputs and outputs have the same partition count and the same keys. `closing` maps an input topic to
    the function whose decision ends the request of a dead-lettered record.
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
        """The topics of the decisions."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.outputs}))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        runner = HandlerRunner(self.group)

        async def work(assignment: WorkerAssignment) -> None:
            await _LedgerWorker(self, broker, publisher, runner, assignment).run()

        membership = GroupMembership(
            self.group, self.topics, self.client_id, assign_workers=one_worker_per_number(len(self.topics))
        )
        await GroupRunner(membership, work, lease).run(broker, stop)


class _LedgerWorker:
    """Works on one partition number of all inputs and outputs."""

    def __init__(
        self,
        ledger: Ledger,
        broker: Broker,
        publisher: Publisher,
        runner: HandlerRunner,
        assignment: WorkerAssignment,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._assignment = assignment
        self._state = ledger.new_state()
        self._log = SingleWriterLog(publisher, assignment, broker.reader)
        self._progress = OffsetCommitter(
            assignment,
            COMMIT_EVERY_RECORDS,
            COMMIT_EVERY_RECORDS + (MAX_UNACKNOWLEDGED_BATCHES + 2) * MAX_BATCH_RECORDS,
        )
        closing = {topic: partial(close, self._state) for topic, close in ledger.closing.items()}
        self._decider = RecordDecider(
            ledger.group,
            assignment.partition,
            self._state,
            ledger.decide,
            runner,
            publisher,
            DeadLetterWriter(publisher, ledger.group, closing),
        )
        self._metrics = _LedgerMetrics(ledger.group)
        self._snapshots = SnapshotLog(
            broker, publisher, assignment.lease, LedgerPartition(ledger.group, assignment.partition)
        )
        self._ticked_at = self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = ledger.snapshot_every_s

    async def run(self) -> None:
        rebuilder = StateRebuilder(
            self._ledger.group, self._assignment.partition, self._broker.reader, self._snapshots
        )
        ends = await rebuilder.rebuild(self._state, self._ledger.output_topics)
        for topic, end in ends.items():
            self._log.begin(topic, end)
        for topic_partition in self._assignment.partitions:
            resume_point = await self._progress.resume(self._broker.reader, topic_partition)
            self._assignment.consumer.seek(topic_partition, resume_point.start)
        try:
            while not self._assignment.stopping.is_set():
                await self._poll_and_commit()
            await self._log.acknowledge(0)
            await self._progress.close()
        except (Exception, asyncio.CancelledError):
            await self._progress.interrupt()
            raise
        finally:
            await self._log.drain()

    async def _poll_and_commit(self) -> None:
        """Decide the next records while earlier batches are not yet acknowledged."""
        timeout_s = IN_FLIGHT_POLL_S if self._log.is_waiting else POLL_S
        records = await self._assignment.consumer.poll(
            self._assignment.partitions, max_records=MAX_BATCH_RECORDS, timeout_s=timeout_s
        )
        self._assignment.lease.check()
        if records:
            await self._decide_records(records)
        await self._tick_when_due()
        await self._log.acknowledge(MAX_UNACKNOWLEDGED_BATCHES)
        await self._progress.commit_when_due()
        await self._snapshot_when_due()

    async def _decide_records(self, records: Sequence[Record]) -> None:
        started = time.time()
        await self._progress.open(len(records))
        decided: list[OutboundRecord] = []
        for run in runs_of(records, self._progress.quarantine):
            async with permit_held(self._progress.permit_for_run(run)):
                for record in run:
                    deaths = self._progress.quarantine(record.topic_partition).deaths(record.offset)
                    decided += await self._decider.decide(record, deaths)
            for record in run:
                self._progress.note_finished(record.topic_partition, record.offset)
        self._metrics.taken(records)

        def done(at: float) -> None:
            self._progress.advance(
                {record.topic_partition: CommittedOffset(record.offset + 1) for record in records}
            )
            self._metrics.done(records, started, at)

        await self._log.append(decided, done)

    async def _tick_when_due(self) -> None:
        if time.monotonic() - self._ticked_at < TICK_EVERY_S:
            return
        self._ticked_at = time.monotonic()
        decisions = self._ledger.tick(self._state, datetime.now(UTC))
        if decisions:
            ticked = [record for decision in decisions for record in self._ticked(decision)]
            await self._log.append(ticked, _ignore_acknowledgement)

    def _ticked(self, decision: LedgerDecision) -> Sequence[OutboundRecord]:
        try:
            return self._decider.fold(self._decider.encode(decision, None))
        except RecordRejectedError as rejection:
            log.error(  # noqa: TRY400 - the reason says it all
                "a decision is larger than its topic accepts",
                extra={"group": self._ledger.group, "because": str(rejection)},
            )
            return ()

    async def _snapshot_when_due(self) -> None:
        started = time.monotonic()
        if not self._decider.has_changed or started - self._snapshot_at < self._snapshot_pause_s:
            return
        await self._log.acknowledge(0)
        self._decider.has_changed = False
        await self._snapshots.write(self._state, self._log.unacknowledged_from)
        self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = max(
            self._ledger.snapshot_every_s, SNAPSHOT_PAUSE_FACTOR * (self._snapshot_at - started)
        )


class _LedgerMetrics:
    """A group's metrics, with labels resolved once."""

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


def _ignore_acknowledgement(at: float) -> None:
    """Do nothing: a tick's decisions have no input record, so their acknowledgement advances no offset."""
    del at
