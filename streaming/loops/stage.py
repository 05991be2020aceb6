"""The stage loop: events are handled concurrently; commits follow in the order of the log.

A slow event blocks no other: the next batches are polled and handled beside it, up to the bounds below; only
the commit waits for it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record
from streaming.errors import RecordTooLargeError
from streaming.events.event_processing import HandlerRunner, RecordRejectedError, handler_for
from streaming.events.publishing import TICK_HEADER, Publisher, SourceRecord, acknowledged
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import CloseRequest, Incoming, StageHandler, derived_id
from streaming.loops.batches import HandledBatch, batches_of_bounded_bytes, value_bytes
from streaming.loops.purge import TopicPurger
from streaming.loops.skips import SkippedOffsets, SkipPublisher
from streaming.metrics import BATCH_SECONDS, HOP_SECONDS, RECORDS_IN
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter
from streaming.partitions.quarantine import POISON_DEATHS, poison_rejection
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment
from streaming.seal.seal import Sealer
from streaming.tasks import cancel_and_wait

MAX_BATCH_RECORDS = 100
MAX_RECORDS_IN_PROGRESS = 200
MAX_BYTES_IN_PROGRESS = 4 * 1024 * 1024
"""Further records of the partition wait, so that memory does not grow with what producers send."""
MAX_OFFSETS_AHEAD = 4_000
"""How far the log is started beyond the first unfinished record: so many are in doubt after a crash.

A long text may take half a minute beside a hundred short ones a second, which must not wait for its end.
"""
COMMIT_EVERY_RECORDS = 100
POLL_S = 0.2

Handlers = Mapping[type[Any], StageHandler[Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """The loop for handlers without state: a crash repeats work under the same event ids and loses nothing.

    Offsets without a request on `counted` topics are published as OffsetsSkipped events; handled records on
    `purged` topics are deleted. `closing` maps a topic to the function whose event ends the request of a
    dead-lettered record.
    """

    group: str
    handlers: Handlers
    sealer: Sealer
    client_id: str
    counted: frozenset[str] = frozenset()
    purged: frozenset[str] = frozenset()
    fetch_min_bytes: int = 1
    closing: Mapping[str, CloseRequest] = field(default_factory=dict[str, CloseRequest])
    runner: HandlerRunner = field(init=False)

    def __post_init__(self) -> None:
        """All partition workers share one handler runner, and so one circuit breaker."""
        object.__setattr__(self, "runner", HandlerRunner(self.group))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the handlers' events."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.handlers}))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        purger = TopicPurger(broker, self.purged)

        async def work(assignment: WorkerAssignment) -> None:
            await _StageWorker(self, broker, publisher, purger, assignment).run()

        await GroupRunner(
            GroupMembership(self.group, self.topics, self.client_id, fetch_min_bytes=self.fetch_min_bytes),
            work,
            lease,
        ).run(broker, stop)


class _StageWorker:
    """Works on one partition of a stage."""

    def __init__(
        self,
        stage: Stage,
        broker: Broker,
        publisher: Publisher,
        purger: TopicPurger,
        assignment: WorkerAssignment,
    ) -> None:
        self._stage = stage
        self._broker = broker
        self._publisher = publisher
        self._purger = purger
        self._assignment = assignment
        self._topic_partition = assignment.partitions[0]
        self._progress = OffsetCommitter(
            assignment, COMMIT_EVERY_RECORDS, COMMIT_EVERY_RECORDS + MAX_BATCH_RECORDS
        )
        self._dead_letters = DeadLetterWriter(publisher, stage.group, stage.closing)
        self._skips = SkipPublisher(publisher, stage.counted)
        self._in_progress: deque[HandledBatch] = deque()
        self._waiting: deque[Sequence[Record]] = deque()
        self._started_until = self._done_until = 0

    async def run(self) -> None:
        resume_point = await self._progress.resume(self._broker.reader, self._topic_partition)
        self._assignment.consumer.seek(self._topic_partition, resume_point.start)
        self._started_until = self._done_until = resume_point.start
        if resume_point.start > resume_point.committed:
            await self._skips.publish(
                SkippedOffsets(self._topic_partition, resume_point.committed, resume_point.start - 1, "lost")
            )
        try:
            while not self._assignment.stopping.is_set():
                await self._poll_and_commit()
            await asyncio.gather(*(batch.task for batch in self._in_progress))
            self._collect_finished()
            await self._progress.close()
        except (Exception, asyncio.CancelledError):
            await cancel_and_wait([batch.task for batch in self._in_progress])
            await self._progress.interrupt()
            raise

    async def _poll_and_commit(self) -> None:
        """Start more records if the bounds allow, and commit up to the first unfinished record."""
        if self._has_room():
            records = self._waiting.popleft() if self._waiting else await self._poll()
            if records:
                await self._start_batch(records)
        else:
            await asyncio.wait(
                [batch.task for batch in self._in_progress],
                timeout=POLL_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        self._collect_finished()
        if not self._in_progress and not self._waiting:
            await self._skip_trailing_offsets()
        if await self._progress.commit_when_due():
            await self._purger.delete_below(self._topic_partition, self._done_until)

    def _has_room(self) -> bool:
        records_left = sum(batch.records_left for batch in self._in_progress)
        bytes_left = sum(batch.bytes_left for batch in self._in_progress)
        return (
            records_left <= MAX_RECORDS_IN_PROGRESS - MAX_BATCH_RECORDS
            and bytes_left <= MAX_BYTES_IN_PROGRESS
            and self._started_until - self._done_until < MAX_OFFSETS_AHEAD
        )

    async def _poll(self) -> Sequence[Record]:
        records = await self._assignment.consumer.poll(
            [self._topic_partition], max_records=MAX_BATCH_RECORDS, timeout_s=POLL_S
        )
        self._assignment.lease.check()
        first, *rest = batches_of_bounded_bytes(records, MAX_BYTES_IN_PROGRESS) if records else [()]
        self._waiting.extend(rest)
        return first

    async def _start_batch(self, records: Sequence[Record]) -> None:
        RECORDS_IN.labels(self._stage.group, self._topic_partition.topic).inc(len(records))
        await self._skips.publish_gaps(self._topic_partition, self._started_until, records)
        await self._progress.open(len(records))
        self._started_until = records[-1].offset + 1
        self._progress.note_started(self._topic_partition, self._started_until)
        batch = HandledBatch(self._started_until, len(records), sum(map(value_bytes, records)))
        batch.task = asyncio.create_task(self._handle_batch(records, batch))
        self._in_progress.append(batch)

    async def _handle_batch(self, records: Sequence[Record], batch: HandledBatch) -> None:
        started = time.monotonic()
        tasks = [asyncio.create_task(self._handle_timed(record, batch)) for record in records]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            # An error of one record ends the worker: no other may run on, unnamed, beside its successor.
            await cancel_and_wait(tasks)
            raise
        BATCH_SECONDS.labels(self._stage.group).observe(time.monotonic() - started)

    async def _handle_timed(self, record: Record, batch: HandledBatch) -> None:
        await self._handle_record(record)
        batch.records_left -= 1
        batch.bytes_left -= value_bytes(record)
        HOP_SECONDS.labels(self._stage.group).observe(
            max(0.0, datetime.now(UTC).timestamp() - record.timestamp_ms / 1000)
        )

    def _collect_finished(self) -> None:
        """Move beyond the finished batches; raises the error of a failed one."""
        for batch in self._in_progress:
            if batch.task.done():
                batch.task.result()
        while self._in_progress and self._in_progress[0].task.done():
            self._done_until = self._in_progress.popleft().end
            self._progress.advance({self._topic_partition: CommittedOffset(self._done_until)})

    async def _handle_record(self, record: Record) -> None:
        if self._is_tick(record):
            return await self._skips.publish(
                SkippedOffsets(self._topic_partition, record.offset, record.offset, "tick")
            )
        deaths = self._progress.quarantine(self._topic_partition).deaths(record.offset)
        if deaths > POISON_DEATHS:
            await self._reject(
                RejectedRecord(record, poison_rejection(deaths)),
                DeadLetterWriter.without_closing(self._publisher, self._stage.group),
            )
        else:
            await self._handle_in_permit(record, deaths)
        self._progress.note_finished(self._topic_partition, record.offset)
        return None

    def _is_tick(self, record: Record) -> bool:
        is_empty = record.value is None and record.header(TICK_HEADER) is not None
        return is_empty and self._topic_partition.topic in self._stage.purged

    async def _handle_in_permit(self, record: Record, deaths: int) -> None:
        """Handle a record under its permit; for poison, only close its request (a crash counts, too)."""
        incoming: Incoming[Event] | None = None
        try:
            async with permit_held(self._progress.permit(self._topic_partition, record.offset)):
                incoming = self._stage.runner.decoded(record)
                if deaths >= POISON_DEATHS:
                    raise poison_rejection(deaths)
                outputs = await self._stage.runner.handle(incoming, self._output_records)
            self._assignment.lease.check()
            await self._publish(outputs)
        except RecordRejectedError as rejection:
            self._assignment.lease.check()
            await self._reject(
                RejectedRecord(record, rejection, incoming.event if incoming else None), self._dead_letters
            )

    async def _output_records(self, incoming: Incoming[Event]) -> Sequence[OutboundRecord]:
        """The records to publish for an event, all encoded before anything is sent.

        An event that cannot be encoded counts as an error of the handler.
        """
        handler: Callable[[Incoming[Event]], Any] = handler_for(self._stage.handlers, incoming.event)
        origin = SourceRecord(incoming.event_id, incoming.record)
        events = await handler(incoming)
        return [
            self._publisher.outbound(event, derived_id(incoming.event_id, event, i), origin, None)
            for i, event in enumerate(events)
        ]

    async def _publish(self, outputs: Sequence[OutboundRecord]) -> None:
        try:
            await acknowledged([await self._publisher.send_record(record) for record in outputs])
        except RecordTooLargeError as error:
            msg = f"what follows from this record is larger than its topic accepts: {error}"
            raise RecordRejectedError("too_large", msg) from error

    async def _reject(self, rejected: RejectedRecord, dead_letters: DeadLetterWriter[Event]) -> None:
        await dead_letters.write_letter(rejected)
        await dead_letters.close(rejected, None)

    async def _skip_trailing_offsets(self) -> None:
        """Advance over offsets without a record at the log's end, which would look like lag."""
        position = self._assignment.consumer.position(self._topic_partition)
        if position is not None and position > self._done_until:
            await self._skips.publish(
                SkippedOffsets(self._topic_partition, self._done_until, position - 1, "no_record")
            )
            self._started_until = self._done_until = position
            self._progress.advance({self._topic_partition: CommittedOffset(position)})
        if self._progress.is_committed:
            await self._purger.roll_idle(self._topic_partition, self._done_until)
