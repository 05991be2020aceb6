"""The sink loop: Kafka to a table store, each event once, by declaring a range before it is inserted.

A commit at O whose text is "v1:E" says: all below O is stored, and exactly [O, E) is inserted next. After a crash the next owner reads
exactly that range again and inserts it under the same token, which the store drops where it already has it. Before that it makes the rows
of its records apart from all other work: a record that ends its process there has never been stored.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, Record
from streaming.errors import DependencyDownError, RowsRefusedError, StopServiceError, StreamingError
from streaming.events.event_processing import HandlerRunner, RecordRejectedError, event_id_of
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import Row, RowsOf, RowStore
from streaming.metrics import (
    BATCH_SECONDS,
    DEAD_LETTERS,
    DEPENDENCY_WAITS,
    HOP_SECONDS,
    RECORDS_IN,
    REDELIVERIES,
    ROWS_STORED,
)
from streaming.partitions.commit_envelope import LAST_OFFSET, CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import FINAL_COMMIT_TIMEOUT_S
from streaming.partitions.quarantine import POISON_DEATHS, Quarantine, poison_rejection, runs_of
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment, pause
from streaming.seal.seal import Sealer
from streaming.state.dedup import WINDOW, DedupWindow

log = logging.getLogger(__name__)

MAX_BLOCK_RECORDS = 5_000
GATHER_S = 1.0
FETCH_MIN_BYTES = 262_144
POLL_S = 0.2
RETRY_S = 1.0
IDLE_COMMIT_S = 1.0
READ_BATCH_OFFSETS = 5_000

Tables = Mapping[str, Sequence[Row]]
RecordRows = Callable[[Record], Mapping[str, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Sink:
    """A loop that stores rows; `rows` by event class, `record_rows` by topic for records that are no events (dead letters)."""

    group: str
    rows: Mapping[type[Any], RowsOf[Any]]
    record_rows: Mapping[str, RecordRows]
    store: RowStore
    sealer: Sealer
    client_id: str
    window: int = field(default=WINDOW)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that has rows."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.rows} | set(self.record_rows)))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Refuse tables that would not drop a repeated block, then work until stopped."""
        await self._check(stop)
        publisher, intake = (
            Publisher(broker.producer, group=self.group, sealer=self.sealer),
            HandlerRunner(self.group),
        )

        async def work(assignment: WorkerAssignment) -> None:
            await _SinkWorker(self, broker, publisher, intake, assignment).run()

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


class _SinkWorker:
    """One partition of one topic."""

    def __init__(
        self,
        sink: Sink,
        broker: Broker,
        publisher: Publisher,
        intake: HandlerRunner,
        assignment: WorkerAssignment,
    ) -> None:
        self._sink = sink
        self._reader = broker.reader
        self._rejecting: DeadLetterWriter[object] = DeadLetterWriter.without_closing(publisher, sink.group)
        self._intake = intake
        self._quarantine = Quarantine(CommitMetadata(), assignment.lease.execution_lock, 0, 0)
        self._assignment = assignment
        self._topic_partition = assignment.partitions[0]
        self._dedup = DedupWindow(sink.window)
        self._stored = 0
        self._declared: tuple[int, int] | None = None
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
        """Finish what the last owner declared; then its end is where new blocks start."""
        committed = await self._assignment.consumer.committed(self._topic_partition)
        beginning = await self._reader.beginning(self._topic_partition)
        start, end = _declared(committed) if committed else (beginning, beginning)
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
            await self._insert(await self._reader.read(self._topic_partition, start, end), start, end)
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
        """A block: what arrives within a short time of its first record."""
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
        await self._declare(
            self._stored, end
        )  # a crash after this: the next owner inserts exactly this range under this token
        await self._insert(
            records, self._stored, end
        )  # a crash after this: the next owner's insert is dropped by the store
        self._stored = end
        BATCH_SECONDS.labels(group).observe(time.monotonic() - started)
        for record in records:
            HOP_SECONDS.labels(group).observe(max(0.0, time.time() - record.timestamp_ms / 1000))

    async def _declare(self, start: int, end: int) -> None:
        self._declared = start, end
        await self._commit_declared()

    async def _commit_declared(self) -> None:
        start, end = self._declared or (self._stored, self._stored)
        envelope = self._quarantine.envelope(start, f"v1:{end}", is_clean=start == end)
        await self._assignment.consumer.commit(
            {self._topic_partition: CommittedOffset(start, envelope.to_metadata())}
        )
        self._quarantine.acknowledged(envelope)

    async def _commit_suspects(self) -> None:
        """Commit which suspects are at work, or that none is, as long as their block is the one at hand."""
        if self._is_recovering:
            await self._commit_declared()

    async def _clear_named(self) -> None:
        """Take back, as far as there is time, what is written of a suspect whose trial was cut off without a fault of its own."""
        if self._quarantine.is_named_in_commit:
            with suppress(StreamingError, TimeoutError):
                async with asyncio.timeout(FINAL_COMMIT_TIMEOUT_S):
                    await self._commit_declared()

    async def _commit_idle(self) -> None:
        """Say that all is stored, so that lag shows what is really missing; markers at the log's end are passed too."""
        end = max(self._stored, self._assignment.consumer.position(self._topic_partition) or 0)
        if self._declared != (end, end):
            self._assignment.lease.check()
            await self._declare(end, end)
            self._stored = end

    async def _insert(self, records: Sequence[Record], start: int, end: int) -> None:
        self._declared = start, end
        record_rows_made = await self._rows(records)
        if self._quarantine.is_named_in_commit:
            await self._commit_declared()  # the last suspect's rows are made; the insert may wait for the store, and nobody is alone in that
        for table in sorted({table for _, tables in record_rows_made for table in tables}):
            token = f"{table}:{self._topic_partition.topic}:{self._topic_partition.partition}:{start}-{end}"
            stored = await self._insert_what_fits(table, record_rows_made, token)
            ROWS_STORED.labels(self._sink.group, table).inc(stored)
        for record in records:
            self._quarantine.note_finished(record.offset)
        self._inserted_at = time.monotonic()

    async def _insert_what_fits(
        self, table: str, record_rows_made: "list[tuple[Record, Tables]]", token: str
    ) -> int:
        """Insert a table's rows; a record with a row that the store will never take is a dead letter and leaves `made`."""
        rows = [row for _, tables in record_rows_made for row in tables.get(table, ())]
        if not rows:
            return 0
        try:
            await self._insert_until_stored(table, rows, token)
        except RowsRefusedError as error:
            refused_indexes = set(await self._sink.store.find_refused(table, rows))
            owners = [record for record, tables in record_rows_made for _ in tables.get(table, ())]
            refused_records = {owners[index].offset: owners[index] for index in refused_indexes}
            if not refused_records:
                raise StopServiceError(str(error)) from error
            for record in refused_records.values():
                self._intake.count_refusal(error, record)
                await self._reject(
                    record,
                    RecordRejectedError("row_refused", f"the store does not take a row of table {table}"),
                )
            record_rows_made[:] = [
                (record, tables)
                for record, tables in record_rows_made
                if record.offset not in refused_records
            ]
            return await self._insert_what_fits(table, record_rows_made, token)
        return len(rows)

    async def _insert_until_stored(self, table: str, rows: Sequence[Row], token: str) -> None:
        while True:
            try:
                return await self._sink.store.insert(table, rows, token)
            except DependencyDownError as error:
                DEPENDENCY_WAITS.labels(self._sink.group).inc()
                log.warning(
                    "waiting", extra={"group": self._sink.group, "table": table, "because": str(error)}
                )
                if self._assignment.stopping.is_set():
                    raise
                await pause(self._assignment, RETRY_S)
                self._assignment.lease.check()

    async def _rows(self, records: Sequence[Record]) -> list[tuple[Record, Tables]]:
        record_rows_made: list[tuple[Record, Tables]] = []
        fresh = [record for record in records if not self._is_redelivery(record)]
        for run in runs_of(fresh, lambda _: self._quarantine):
            rejected: list[tuple[Record, RecordRejectedError]] = []
            offsets = [record.offset for record in run]
            async with permit_held(self._quarantine.permit(offsets, self._commit_suspects)):
                for record in run:
                    try:
                        record_rows_made.append((record, self._rows_of_record(record)))
                    except RecordRejectedError as rejection:
                        rejected.append((record, rejection))
            for record, rejection in rejected:
                await self._reject(record, rejection)
        return record_rows_made

    def _is_redelivery(self, record: Record) -> bool:
        is_redelivery = self._dedup.is_redelivery(event_id_of(record), record.offset)
        if is_redelivery:
            REDELIVERIES.labels(self._sink.group, record.topic).inc()
        return is_redelivery

    def _rows_of_record(self, record: Record) -> Tables:
        """The rows of a record; raises Rejection, for poison without a look into it."""
        deaths = self._quarantine.deaths(record.offset)
        if deaths >= POISON_DEATHS:
            raise poison_rejection(deaths)
        raw = self._sink.record_rows.get(record.topic)
        if raw is not None:
            return self._intake.decide_raw(record, raw)
        incoming = self._intake.decoded(record)
        rows_of = self._sink.rows.get(type(incoming.event))
        return self._intake.decide(incoming, rows_of) if rows_of is not None else {}

    async def _reject(self, record: Record, rejection: RecordRejectedError) -> None:
        """Write a dead letter; a dead letter that cannot be stored stays where it is."""
        if record.topic not in self._sink.record_rows:
            return await self._rejecting.write_letter(RejectedRecord(record, rejection))
        DEAD_LETTERS.labels(self._sink.group, record.topic, rejection.reason).inc()
        facts = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "reason": rejection.reason,
        }
        log.error("a dead letter has no row", extra=facts)
        return None


def _declared(committed: CommittedOffset) -> tuple[int, int]:
    version, _, end = read_envelope(committed.metadata).loop.partition(":")
    is_ours = version == "v1" and end.isdecimal() and len(end) <= len(str(LAST_OFFSET))
    return (committed.offset, int(end)) if is_ours else (committed.offset, committed.offset)
