"""The dispatcher loop: slow outside calls run concurrently, each journaled before it is made.

The journal entry is acknowledged before a call, and the finish event closes it. Results finish in any order;
the source is committed up to its first unfinished record, with the offsets from which journal and finish
topics must be read back in the commit's metadata.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import CommittedOffset, Record
from streaming.errors import DependencyDownError
from streaming.events.event_processing import HandlerRunner, RecordRejectedError, event_id_of
from streaming.events.publishing import Publisher
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import CallHandler, CloseRequest, Incoming
from streaming.loops.calls import RETRY_S, CallJournal, DispatchedEvent, InFlightCalls
from streaming.loops.journal import CompletedOffsets, Floors, JournaledCall, JournalView
from streaming.metrics import HOP_SECONDS, IN_FLIGHT, RECORDS_IN, REDELIVERIES
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter
from streaming.partitions.quarantine import POISON_DEATHS, poison_rejection
from streaming.partitions.workers import GroupMembership, GroupRunner, WorkerAssignment, pause
from streaming.seal.seal import Sealer

POLL_S = 0.2
STOP_TIMEOUT_S = 4.0
OWNER_POLL_S = 0.5
MAX_POLL_RECORDS = 20
COMMIT_EVERY_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The loop for one kind of outside call; all three topics have the same partitions.

    `journal` and `finish` are the event classes of journal entries and results. `close` makes the finish
    event that ends the request of a dead-lettered record.
    """

    group: str
    source: type[Event]
    call: CallHandler[Any]
    journal: type[Event]
    finish: type[Event]
    in_flight: int
    sealer: Sealer
    client_id: str
    close: CloseRequest | None = None
    runner: HandlerRunner = field(init=False)

    def __post_init__(self) -> None:
        """All partition workers share one handler runner, and so one circuit breaker."""
        object.__setattr__(self, "runner", HandlerRunner(self.group))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped; calls in flight get a few seconds, the rest stay unanswered in the journal."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        calls = InFlightCalls()

        async def work(assignment: WorkerAssignment) -> None:
            await _DispatcherWorker(self, broker, publisher, calls, assignment).run()

        membership = GroupMembership(
            self.group, (TOPIC_OF[self.source].name,), self.client_id, assignor="sticky"
        )
        try:
            await GroupRunner(membership, work, lease).run(broker, stop)
        finally:
            await calls.end(STOP_TIMEOUT_S)


class _DispatcherWorker:
    """Works on one source partition; its calls may outlive it, since a rebalance does not cancel them."""

    def __init__(
        self,
        loop: Dispatcher,
        broker: Broker,
        publisher: Publisher,
        calls: InFlightCalls,
        assignment: WorkerAssignment,
    ) -> None:
        self._loop = loop
        self._broker = broker
        self._publisher = publisher
        self._calls = calls
        self._assignment = assignment
        self._topic_partition = assignment.partitions[0]
        self._view = JournalView(
            broker.reader,
            TOPIC_OF[loop.journal].name,
            TOPIC_OF[loop.finish].name,
            self._topic_partition.partition,
        )
        self._progress = OffsetCommitter(assignment, COMMIT_EVERY_RECORDS, loop.in_flight)
        topic = TOPIC_OF[loop.source].name
        self._dead_letters: DeadLetterWriter[Event] = DeadLetterWriter(
            publisher, loop.group, {topic: loop.close} if loop.close else {}
        )
        self._completed = CompletedOffsets(0, Floors(0, 0))
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        resume_point = await self._progress.resume(self._broker.reader, self._topic_partition)
        self._completed = CompletedOffsets(resume_point.start, await self._view.load(resume_point.loop))
        self._assignment.consumer.seek(self._topic_partition, resume_point.start)
        try:
            while not self._assignment.stopping.is_set():
                await self._poll()
                self._raise_failures()
                self._note_completed()
                await self._progress.commit_when_due()
            self._note_completed()
            await self._end()
        except (Exception, asyncio.CancelledError):
            await self._progress.interrupt()
            raise
        finally:
            for task in self._tasks:
                task.cancel()

    async def _end(self) -> None:
        """Make the last commit, which is not clean while calls of this worker are in flight."""
        await (self._progress.close_with_calls_in_flight() if self._tasks else self._progress.close())

    async def _poll(self) -> None:
        free = self._loop.in_flight - len(self._tasks)
        if free <= 0:
            await pause(self._assignment, POLL_S)
            return
        records = await self._assignment.consumer.poll(
            [self._topic_partition], max_records=min(MAX_POLL_RECORDS, free), timeout_s=POLL_S
        )
        self._assignment.lease.check()
        await self._progress.open(len(records))
        for record in records:
            await self._start(record)

    async def _start(self, record: Record) -> None:
        RECORDS_IN.labels(self._loop.group, record.topic).inc()
        self._completed.start(record.offset, self._view.floors_of(record.offset))
        event_id = event_id_of(record)
        if self._view.is_finished(event_id):
            REDELIVERIES.labels(self._loop.group, record.topic).inc()
            self._note_finished(record, event_id)
            return
        self._tasks.add(asyncio.create_task(self._complete(record, event_id)))

    async def _complete(self, record: Record, event_id: UUID) -> None:
        """Finish one event: await its call in flight here or in another live process, else make a new one."""
        with IN_FLIGHT.labels(self._loop.group).track_inprogress():
            own_call = self._calls.get(event_id)
            if own_call is not None:
                await asyncio.shield(own_call)
            elif not await self._is_finished_elsewhere(event_id):
                await asyncio.shield(self._calls.start(event_id, self._call_or_reject(record, event_id)))
            self._note_finished(record, event_id)

    def _note_finished(self, record: Record, event_id: UUID) -> None:
        self._view.note_finished(event_id)
        self._progress.note_finished(self._topic_partition, record.offset)
        self._completed.finish(record.offset)

    async def _is_finished_elsewhere(self, event_id: UUID) -> bool:
        """Wait while a live owner elsewhere may still answer; returns whether it has.

        Only a call whose owner is dead or late may be repeated.
        """
        while past := self._view.past(event_id):
            live_members = await self._assignment.consumer.members()
            await self._view.refresh()
            if self._view.is_finished(event_id) or not _may_answer(
                past[-1], live_members, self._loop.client_id
            ):
                break
            await asyncio.sleep(OWNER_POLL_S)
        return self._view.is_finished(event_id)

    async def _call_or_reject(self, record: Record, event_id: UUID) -> None:
        """Call for a record, or reject it; for poison, only close its request (a crash then counts too)."""
        calls = [call.attempt for call in self._view.past(event_id)]
        deaths = self._progress.quarantine(self._topic_partition).deaths(record.offset)
        event: Event | None = None
        try:
            async with permit_held(self._progress.permit(self._topic_partition, record.offset)):
                if deaths > POISON_DEATHS:
                    raise poison_rejection(deaths)
                incoming = self._loop.runner.decoded(record)
                event = incoming.event
                if deaths == POISON_DEATHS:
                    raise poison_rejection(deaths)
            await self._call(incoming, calls)
        except RecordRejectedError as rejection:
            self._assignment.lease.check()
            started = [call.attempt for call in self._view.past(event_id)] or calls
            await self._reject(RejectedRecord(record, rejection, event, started), deaths)
        HOP_SECONDS.labels(self._loop.group).observe(max(0.0, time.time() - record.timestamp_ms / 1000))

    async def _call(self, incoming: Incoming[Event], past: Sequence[Event]) -> None:
        journal = CallJournal(
            self._publisher,
            DispatchedEvent(incoming, self._loop.client_id, past, self._assignment),
            self._view,
        )

        async def handler(event: Incoming[Event]) -> list[Event]:
            async with permit_held(self._progress.permit(self._topic_partition, incoming.record.offset)):
                return [await self._loop.call(event, journal)]

        while True:
            try:
                for event in await self._loop.runner.handle(incoming, handler):
                    await journal.finish(event)
            except DependencyDownError:
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _reject(self, rejected: RejectedRecord, deaths: int) -> None:
        if deaths > POISON_DEATHS:
            return (
                await DeadLetterWriter[Event]
                .without_closing(self._publisher, self._loop.group)
                .write_letter(rejected)
            )
        await self._dead_letters.write_letter(rejected)
        offset = await self._dead_letters.close(rejected, rejected.record.partition)
        if offset is not None:
            self._view.note_finish(event_id_of(rejected.record), offset)
        return None

    def _note_completed(self) -> None:
        committable = self._completed.committable()
        if committable is not None:
            offset, floors = committable
            self._progress.advance(
                {self._topic_partition: CommittedOffset(offset, self._view.metadata(floors))}
            )

    def _raise_failures(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error


def _may_answer(call: JournaledCall, live_members: frozenset[str], own_client_id: str) -> bool:
    return call.owner != own_client_id and call.owner in live_members and datetime.now(UTC) < call.deadline
