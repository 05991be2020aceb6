"""The sink loop: stores events as rows, each event once, by declaring a block before it is inserted.

A commit at offset O with the text "v1:E" means: everything below O is stored, and exactly the block [O, E) is
inserted next. After a crash the next owner reads exactly this block again and inserts it under the same
token, so the store drops it if it already has it. Before that it makes the rows of suspects apart from all
other work: a record that ends its process there has never been stored.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, Record
from streaming.errors import DependencyDownError
from streaming.events.event_processing import HandlerRunner, event_id_of
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter
from streaming.handling import RowsOf, RowStore
from streaming.loops.inserts import RETRY_S, BlockInserter
from streaming.loops.rows import RecordRows, RowMaker
from streaming.metrics import (
    BATCH_SECONDS,
    DEPENDENCY_WAITS,
    HOP_SECONDS,
    RECORDS_IN,
)
from streaming.partitions.commit_envelope import LAST_OFFSET, CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from streaming.partitions.progress import commit_if_time_allows
from streaming.partitions.quarantine import Quarantine
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment
from streaming.seal.seal import Sealer
from streaming.state.dedup import WINDOW, DedupWindow

log = logging.getLogger(__name__)

MAX_BLOCK_RECORDS = 5_000
GATHER_S = 1.0
FETCH_MIN_BYTES = 262_144
POLL_S = 0.2
IDLE_COMMIT_S = 1.0
READ_BATCH_OFFSETS = 5_000


@dataclass(frozen=True, slots=True)
class Sink:
    """The loop that stores rows: `rows` by event class, `record_rows` by topic for dead letters."""

    group: str
    rows: Mapping[type[Any], RowsOf[Any]]
    record_rows: Mapping[str, RecordRows]
    store: RowStore
    sealer: Sealer
    client_id: str
    window: int = field(default=WINDOW)

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics that have rows."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.rows} | set(self.record_rows)))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Check that the tables drop a repeated block, then work until stopped."""
        await self._check(stop)
        publisher, runner = (
            Publisher(broker.producer, group=self.group, sealer=self.sealer),
            HandlerRunner(self.group),
        )

        async def work(assignment: WorkerAssignment) -> None:
            await _SinkWorker(self, broker, publisher, runner, assignment).run()

        await GroupRunner(
            GroupMembership(self.group, self.topics, self.client_id, fetch_min_bytes=FETCH_MIN_BYTES),
            work,
            lease,
        ).run(broker, stop)

    async def _check(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                return await self.store.check()
            except DependencyDownError as error:
                DEPENDENCY_WAITS.labels(self.group).inc()
                log.warning("waiting", extra={"group": self.group, "because": str(error)})
                await asyncio.sleep(RETRY_S)
        return None


@dataclass(frozen=True, slots=True)
class DeclaredBlock:
    """The block [start, end) of a commit: everything below `start` is stored, this is inserted next."""

    start: int
    end: int


class _SinkWorker:
    """Works on one partition of one topic."""

    def __init__(
        self,
        sink: Sink,
        broker: Broker,
        publisher: Publisher,
        runner: HandlerRunner,
        assignment: WorkerAssignment,
    ) -> None:
        self._sink = sink
        self._reader = broker.reader
        self._dedup = DedupWindow(sink.window)
        self._row_maker = RowMaker(
            sink.group,
            sink.rows,
            sink.record_rows,
            runner,
            DeadLetterWriter.without_closing(publisher, sink.group),
            self._dedup,
        )
        self._inserter = BlockInserter(sink.group, sink.store, self._row_maker, assignment)
        self._quarantine = Quarantine(CommitMetadata(), assignment.lease.execution_lock, 0, 0)
        self._assignment = assignment
        self._topic_partition = assignment.partitions[0]
        self._stored = 0
        self._declared: DeclaredBlock | None = None
        self._inserted_at = time.monotonic()
        self._is_recovering = True

    async def run(self) -> None:
        try:
            await self._recover()
        except (Exception, asyncio.CancelledError):
            await self._clear_named()
            raise
        finally:
            self._is_recovering = False
        while not self._assignment.stopping.is_set():
            records = await self._gather()
            self._assignment.lease.check()
            if records:
                await self._store(records, records[-1].offset + 1)
            elif time.monotonic() - self._inserted_at > IDLE_COMMIT_S:
                await self._commit_idle()
        await self._commit_idle()

    async def _recover(self) -> None:
        """Insert the block that the last owner declared; new blocks start at its end."""
        committed = await self._assignment.consumer.committed(self._topic_partition)
        beginning = await self._reader.beginning(self._topic_partition)
        declared = _declared_block(committed) if committed else DeclaredBlock(beginning, beginning)
        start, end = declared.start, declared.end
        if end > start and end > await self._reader.end(self._topic_partition):
            log.error(
                "a block is declared beyond the end of the log",
                extra={
                    "topic": self._topic_partition.topic,
                    "partition": self._topic_partition.partition,
                    "end": end,
                },
            )
            end = start
        envelope = replace(read_envelope(committed.metadata if committed else ""), is_clean=end <= start)
        self._quarantine = Quarantine(envelope, self._assignment.lease.execution_lock, end, end - start)
        await self._warm_up(max(beginning, start - self._sink.window), start)
        if end > start:
            records = await self._reader.read(self._topic_partition, start, end)
            await self._insert(records, DeclaredBlock(start, end))
        self._stored, self._declared = end, None
        self._assignment.consumer.seek(self._topic_partition, max(end, beginning))
        self._stored = max(end, beginning)

    async def _warm_up(self, start: int, end: int) -> None:
        for low in range(start, end, READ_BATCH_OFFSETS):
            for record in await self._reader.read(
                self._topic_partition, low, min(low + READ_BATCH_OFFSETS, end)
            ):
                self._dedup.is_redelivery(event_id_of(record), record.offset)

    async def _gather(self) -> list[Record]:
        """Poll a block: the records that arrive shortly after its first one."""
        records = await self._assignment.consumer.poll(
            [self._topic_partition], max_records=MAX_BLOCK_RECORDS, timeout_s=POLL_S
        )
        until = time.monotonic() + GATHER_S
        while (
            records
            and len(records) < MAX_BLOCK_RECORDS
            and time.monotonic() < until
            and not self._assignment.stopping.is_set()
        ):
            records += await self._assignment.consumer.poll(
                [self._topic_partition], max_records=MAX_BLOCK_RECORDS - len(records), timeout_s=0.1
            )
        return records

    async def _store(self, records: Sequence[Record], end: int) -> None:
        started, group = time.monotonic(), self._sink.group
        RECORDS_IN.labels(group, self._topic_partition.topic).inc(len(records))
        self._assignment.lease.check()
        declared = DeclaredBlock(self._stored, end)
        await self._declare(declared)
        # A crash from here on: the next owner inserts exactly this block under the same token.
        await self._insert(records, declared)
        # A crash from here on: the store drops the next owner's insert.
        self._stored = end
        BATCH_SECONDS.labels(group).observe(time.monotonic() - started)
        for record in records:
            HOP_SECONDS.labels(group).observe(max(0.0, time.time() - record.timestamp_ms / 1000))

    async def _declare(self, declared: DeclaredBlock) -> None:
        self._declared = declared
        await self._commit_declared()

    async def _commit_declared(self) -> None:
        declared = self._declared or DeclaredBlock(self._stored, self._stored)
        start, end = declared.start, declared.end
        envelope = self._quarantine.envelope(start, f"v1:{end}", is_clean=start == end)
        await self._assignment.consumer.commit(
            {self._topic_partition: CommittedOffset(start, envelope.to_metadata())}
        )
        self._quarantine.acknowledged(envelope)

    async def _commit_suspects(self) -> None:
        """Commit which suspects are being handled, or none; only while the recovered block is processed."""
        if self._is_recovering:
            await self._commit_declared()

    async def _clear_named(self) -> None:
        """Clear the name of a suspect whose trial was cut off, if time allows."""
        if self._quarantine.is_named_in_commit:
            await commit_if_time_allows(self._commit_declared)

    async def _commit_idle(self) -> None:
        """Commit that everything is stored, trailing transaction markers included, so that lag is true."""
        end = max(self._stored, self._assignment.consumer.position(self._topic_partition) or 0)
        declared = DeclaredBlock(end, end)
        if self._declared != declared:
            self._assignment.lease.check()
            await self._declare(declared)
            self._stored = end

    async def _insert(self, records: Sequence[Record], declared: DeclaredBlock) -> None:
        self._declared = declared
        block = await self._row_maker.rows_of(records, self._quarantine, self._commit_suspects)
        if self._quarantine.is_named_in_commit:
            # All rows are made. The insert may wait for the store, and no record is handled alone meanwhile.
            await self._commit_declared()
        await self._inserter.insert(block, range(declared.start, declared.end))
        for record in records:
            self._quarantine.note_finished(record.offset)
        self._inserted_at = time.monotonic()


def _declared_block(committed: CommittedOffset) -> DeclaredBlock:
    version, _, end = read_envelope(committed.metadata).loop.partition(":")
    is_declaration = version == "v1" and end.isdecimal() and len(end) <= len(str(LAST_OFFSET))
    return DeclaredBlock(committed.offset, int(end) if is_declaration else committed.offset)
