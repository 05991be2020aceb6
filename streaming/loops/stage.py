"""The stage loop: events are handled side by side, what follows is acknowledged, and commits follow in the order of the log.

A slow event holds nobody up: the next batches are taken and handled beside it, as far as the bounds reach; only the commit waits for it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from schemas.event import Event
from schemas.stream import OffsetsSkipped
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record
from streaming.errors import RecordTooLargeError
from streaming.events.event_processing import HandlerRunner, RecordRejectedError, handler_for
from streaming.events.publishing import TICK_HEADER, Publisher, SourceRecord, acknowledged
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import CloseRequest, Incoming, StageHandler, derived_id
from streaming.loops.purge import TopicPurger
from streaming.loops.skips import SkippedOffsets, skip_id
from streaming.metrics import BATCH_SECONDS, HOP_SECONDS, RECORDS_IN
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter
from streaming.partitions.quarantine import POISON_DEATHS, poison_rejection
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment
from streaming.seal.seal import Sealer

MAX_BATCH = 100
MAX_RECORDS_IN_PROGRESS = 200
MAX_BYTES_IN_PROGRESS = 4 * 1024 * 1024
"""Records of one partition beyond these bounds wait, so that memory does not grow with what producers send."""
MAX_OFFSETS_AHEAD = 1_000
"""How far the log is worked on beyond the first unfinished record: so many records are in doubt after a crash."""
COMMIT_EVERY = 100
POLL_S = 0.2

Handlers = Mapping[type[Any], StageHandler[Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A loop for handlers without state. At least once: a crash repeats work under the same ids, and loses nothing.

    On `counted` topics offsets without a request become OffsetsSkipped; on `purged` ones handled records are deleted from the log.
    `closing` says by topic what ends the request of a record that becomes a dead letter.
    """

    group: str
    handlers: Handlers
    sealer: Sealer
    client_id: str
    counted: frozenset[str] = frozenset()
    purged: frozenset[str] = frozenset()
    fetch_min_bytes: int = 1
    closing: Mapping[str, CloseRequest] = field(default_factory=dict[str, CloseRequest])
    intake: HandlerRunner = field(init=False)

    def __post_init__(self) -> None:
        """One intake, and so one breaker, for all lanes."""
        object.__setattr__(self, "intake", HandlerRunner(self.group))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the handlers' events live on."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.handlers}))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        purge = TopicPurger(broker, self.purged)

        async def work(assignment: WorkerAssignment) -> None:
            await _StageWorker(self, broker, publisher, purge, assignment).run()

        await GroupRunner(
            GroupMembership(self.group, self.topics, self.client_id, fetch_min_bytes=self.fetch_min_bytes),
            work,
            lease,
        ).run(broker, stop)


class _StageWorker:
    """One partition of a stage."""

    def __init__(
        self,
        stage: Stage,
        broker: Broker,
        publisher: Publisher,
        purge: TopicPurger,
        assignment: WorkerAssignment,
    ) -> None:
        self._stage = stage
        self._broker = broker
        self._publisher = publisher
        self._purge = purge
        self._assignment = assignment
        self._topic_partition = assignment.partitions[0]
        self._progress = OffsetCommitter(assignment, COMMIT_EVERY, COMMIT_EVERY + MAX_BATCH)
        self._rejecting = DeadLetterWriter(publisher, stage.group, stage.closing)
        self._in_progress: deque[_HandledBatch] = deque()
        self._waiting: deque[Sequence[Record]] = deque()
        self._started_until = self._done_until = 0

    async def run(self) -> None:
        resume_point = await self._progress.resume(self._broker.reader, self._topic_partition)
        self._assignment.consumer.seek(self._topic_partition, resume_point.start)
        self._started_until = self._done_until = resume_point.start
        if resume_point.start > resume_point.committed:
            await self._account(
                SkippedOffsets(self._topic_partition, resume_point.committed, resume_point.start - 1, "lost")
            )
        try:
            while not self._assignment.stopping.is_set():
                await self._poll_and_commit()
            await asyncio.gather(*(batch.task for batch in self._in_progress))
            self._collect_finished()
            await self._progress.close()
        except (Exception, asyncio.CancelledError):
            await _cancel([batch.task for batch in self._in_progress])
            await self._progress.interrupt()
            raise

    async def _poll_and_commit(self) -> None:
        """Take what there is room for, and commit behind what is finished."""
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
            await self._account_idle()
        if await self._progress.commit_when_due():
            await self._purge.delete_below(self._topic_partition, self._done_until)

    def _has_room(self) -> bool:
        records, bytes_left = (
            sum(batch.records_left for batch in self._in_progress),
            sum(batch.bytes_left for batch in self._in_progress),
        )
        return (
            records <= MAX_RECORDS_IN_PROGRESS - MAX_BATCH
            and bytes_left <= MAX_BYTES_IN_PROGRESS
            and self._started_until - self._done_until < MAX_OFFSETS_AHEAD
        )

    async def _poll(self) -> Sequence[Record]:
        records = await self._assignment.consumer.poll(
            [self._topic_partition], max_records=MAX_BATCH, timeout_s=POLL_S
        )
        self._assignment.lease.check()
        first, *rest = _of_bounded_bytes(records) if records else [()]
        self._waiting.extend(rest)
        return first

    async def _start_batch(self, records: Sequence[Record]) -> None:
        RECORDS_IN.labels(self._stage.group, self._topic_partition.topic).inc(len(records))
        await self._account_gaps(records)
        await self._progress.open(len(records))
        self._started_until = records[-1].offset + 1
        self._progress.note_started(self._topic_partition, self._started_until)
        batch = _HandledBatch(
            self._started_until, len(records), sum(len(record.value or b"") for record in records)
        )
        batch.task = asyncio.create_task(self._handle_batch(records, batch))
        self._in_progress.append(batch)

    async def _handle_batch(self, records: Sequence[Record], batch: "_HandledBatch") -> None:
        started = time.monotonic()
        tasks = [asyncio.create_task(self._handle_timed(record, batch)) for record in records]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            # What ends one of them ends the lane: no other may go on behind it, unnamed and beside the next lane.
            await _cancel(tasks)
            raise
        BATCH_SECONDS.labels(self._stage.group).observe(time.monotonic() - started)

    async def _handle_timed(self, record: Record, batch: "_HandledBatch") -> None:
        await self._handle_record(record)
        batch.records_left -= 1
        batch.bytes_left -= len(record.value or b"")
        HOP_SECONDS.labels(self._stage.group).observe(
            max(0.0, datetime.now(UTC).timestamp() - record.timestamp_ms / 1000)
        )

    def _collect_finished(self) -> None:
        """Move behind the batches that are finished; raises what ended one of them."""
        for batch in self._in_progress:
            if batch.task.done():
                batch.task.result()
        while self._in_progress and self._in_progress[0].task.done():
            self._done_until = self._in_progress.popleft().end
            self._progress.advance({self._topic_partition: CommittedOffset(self._done_until)})

    async def _handle_record(self, record: Record) -> None:
        if (
            record.value is None
            and record.header(TICK_HEADER) is not None
            and self._topic_partition.topic in self._stage.purged
        ):
            return await self._account(
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

    async def _handle_in_permit(self, record: Record, deaths: int) -> None:
        """Handle a record in its turn; what has ended two processes alone is only closed, which is a trial, too."""
        incoming: Incoming[Event] | None = None
        try:
            async with permit_held(self._progress.permit(self._topic_partition, record.offset)):
                incoming = self._stage.intake.decoded(record)
                if deaths >= POISON_DEATHS:
                    raise poison_rejection(deaths)
                outputs = await self._stage.intake.handle(incoming, self._output_records)
            self._assignment.lease.check()
            await self._publish(outputs)
        except RecordRejectedError as rejection:
            self._assignment.lease.check()
            await self._reject(
                RejectedRecord(record, rejection, incoming.event if incoming else None), self._rejecting
            )

    async def _output_records(self, incoming: Incoming[Event]) -> Sequence[OutboundRecord]:
        """What follows from an event, as records: one that cannot be written is the handler's fault, and found before anything is sent."""
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

    async def _reject(self, rejected: RejectedRecord, rejecting: DeadLetterWriter[Event]) -> None:
        await rejecting.write_letter(rejected)
        await rejecting.close(rejected, None)

    async def _account_idle(self) -> None:
        """Offsets without a record at the log's end (markers) are passed too, or they would look like lag for ever."""
        position = self._assignment.consumer.position(self._topic_partition)
        if position is not None and position > self._done_until:
            await self._account(
                SkippedOffsets(self._topic_partition, self._done_until, position - 1, "no_record")
            )
            self._started_until = self._done_until = position
            self._progress.advance({self._topic_partition: CommittedOffset(position)})
        if self._progress.is_committed:
            await self._purge.roll_idle(self._topic_partition, self._done_until)

    async def _account_gaps(self, records: Sequence[Record]) -> None:
        expected = self._started_until
        for record in records:
            if record.offset > expected:
                await self._account(
                    SkippedOffsets(self._topic_partition, expected, record.offset - 1, "no_record")
                )
            expected = record.offset + 1

    async def _account(self, skip: SkippedOffsets) -> None:
        if skip.topic_partition.topic not in self._stage.counted:
            return
        event = OffsetsSkipped(
            topic=skip.topic_partition.topic,
            partition=skip.topic_partition.partition,
            first=skip.first,
            last=skip.last,
            reason=skip.reason,
            seen_at=datetime.now(UTC),
        )
        await acknowledged([await self._publisher.send(event, skip_id(skip), None)])


@dataclass(slots=True, eq=False)
class _HandledBatch:
    """Records that were begun together: the offset behind them, and how many of them, with how many bytes, are not finished."""

    end: int
    records_left: int
    bytes_left: int
    task: "asyncio.Task[None]" = field(init=False)


async def _cancel(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _of_bounded_bytes(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Cut a poll into batches that hold at most MAX_BYTES_AT_WORK, or a single record."""
    batch: list[Record] = []
    bytes_left = 0
    for record in records:
        if batch and bytes_left + len(record.value or b"") > MAX_BYTES_IN_PROGRESS:
            yield batch
            batch, bytes_left = [], 0
        batch.append(record)
        bytes_left += len(record.value or b"")
    if batch:
        yield batch
