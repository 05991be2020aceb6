"""The dispatcher loop: slow outside calls, many in flight, finishing out of order, none made outside the journal.

The journal entry is acknowledged before a call, the finish event closes it, and the source commits up to the contiguous finished mark,
with the offsets to read journal and finish back from in the commit's metadata.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.broker import Broker
from streaming.calls import RETRY_S, CallJournal, Calls, Served
from streaming.errors import DependencyDownError
from streaming.handling import CallHandler, Incoming
from streaming.intake import Intake, Rejection, incoming_of
from streaming.journal import JournalView, Marks, PastCall
from streaming.lanes import GroupRunner, Lane, Membership, pause
from streaming.lease import Lease
from streaming.metrics import HOP_SECONDS, IN_FLIGHT, RECORDS_IN, REPEATS
from streaming.progress import Progress, resume_offset
from streaming.publishing import Publisher, acknowledged
from streaming.records import Commit, Record
from streaming.seal import Sealer

POLL_S = 0.2
FINISH_S = 4.0
LOOK_AGAIN_S = 0.5
BATCH = 20


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """A loop for one kind of outside call; `journal` and `finish` live on topics with the same partitions as the source."""

    group: str
    source: type[Event]
    call: CallHandler[Any]
    journal: type[Event]
    finish: type[Event]
    in_flight: int
    sealer: Sealer
    client_id: str
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """One intake, and so one breaker, for all lanes."""
        object.__setattr__(self, "intake", Intake(self.group))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped; calls in flight get a few seconds to end, what is left is `unknown` in the journal."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        calls = Calls()

        async def work(lane: Lane) -> None:
            await _DispatcherLane(self, broker, publisher, calls, lane).run()

        membership = Membership(self.group, (TOPIC_OF[self.source].name,), self.client_id, assignor="sticky")
        try:
            await GroupRunner(membership, work, lease).run(broker, stop)
        finally:
            await calls.end(FINISH_S)


class _DispatcherLane:
    """One source partition; its calls may outlive it, since a rebalance does not cancel them."""

    def __init__(self, loop: Dispatcher, broker: Broker, publisher: Publisher, calls: Calls, lane: Lane) -> None:
        self._loop = loop
        self._broker = broker
        self._publisher = publisher
        self._calls = calls
        self._lane = lane
        self._place = lane.places[0]
        self._view = JournalView(broker.reader, TOPIC_OF[loop.journal].name, TOPIC_OF[loop.finish].name, self._place.partition)
        self._progress = Progress(lane)
        self._marks = Marks(0, (0, 0))
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        mark = await self._lane.consumer.committed(self._place)
        start, _ = await resume_offset(self._lane, self._broker.reader, self._place)
        self._marks = Marks(start, await self._view.load(mark.metadata if mark else ""))
        self._lane.consumer.seek(self._place, start)
        try:
            while not self._lane.stopping.is_set():
                await self._poll()
                self._raise_failures()
                await self._commit()
            await self._commit(now=True)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _poll(self) -> None:
        free = self._loop.in_flight - len(self._tasks)
        if free <= 0:
            await pause(self._lane, POLL_S)
            return
        records = await self._lane.consumer.poll([self._place], max_records=min(BATCH, free), timeout_s=POLL_S)
        self._lane.lease.check()
        for record in records:
            await self._take(record)

    async def _take(self, record: Record) -> None:
        RECORDS_IN.labels(self._loop.group, record.topic).inc()
        self._marks.take(record.offset, self._view.floors_of(record.offset))
        try:
            incoming = incoming_of(record)
        except Rejection as rejection:
            await acknowledged([await self._publisher.send_dead_letter(record, rejection.reason, str(rejection))])
            self._marks.finish(record.offset)
            return
        if self._view.is_finished(incoming.event_id):
            REPEATS.labels(self._loop.group, record.topic).inc()
            self._marks.finish(record.offset)
            return
        self._tasks.add(asyncio.create_task(self._settle(incoming)))

    async def _settle(self, incoming: Incoming[Event]) -> None:
        """Bring one event to its end: by the call already in flight here, by its living owner elsewhere, or by a call now."""
        with IN_FLIGHT.labels(self._loop.group).track_inprogress():
            mine = self._calls.get(incoming.event_id)
            if mine is not None:
                await asyncio.shield(mine)
            elif not await self._ended_elsewhere(incoming.event_id):
                await asyncio.shield(self._calls.start(incoming.event_id, self._call(incoming)))
            self._view.note_finished(incoming.event_id)
            self._marks.finish(incoming.record.offset)

    async def _ended_elsewhere(self, event_id: UUID) -> bool:
        """Wait for the answer of a call whose owner still lives; only a dead or late owner's call may be repeated."""
        while past := self._view.past(event_id):
            living = await self._lane.consumer.members()
            await self._view.refresh()
            if self._view.is_finished(event_id) or not _may_answer(past[-1], living, self._loop.client_id):
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        return self._view.is_finished(event_id)

    async def _call(self, incoming: Incoming[Event]) -> None:
        past = [call.attempt for call in self._view.past(incoming.event_id)]
        journal = CallJournal(self._publisher, Served(incoming, self._loop.client_id, past, self._lane), self._view)

        async def handler(event: Incoming[Event]) -> list[Event]:
            return [await self._loop.call(event, journal)]

        try:
            for event in await self._until_up(incoming, handler):
                await journal.finish(event)
        except Rejection as rejection:
            self._lane.lease.check()
            await acknowledged([await self._publisher.send_dead_letter(incoming.record, rejection.reason, str(rejection))])
        HOP_SECONDS.labels(self._loop.group).observe(max(0.0, time.time() - incoming.record.timestamp_ms / 1000))

    async def _until_up(self, incoming: Incoming[Event], handler: Any) -> list[Event]:  # noqa: ANN401 - the intake checks the handler's shape
        while True:
            try:
                return list(await self._loop.intake.handle(incoming, handler))
            except DependencyDownError:
                await asyncio.sleep(RETRY_S)

    async def _commit(self, *, now: bool = False) -> None:
        mark = self._marks.contiguous()
        if mark is not None:
            offset, floors = mark
            self._progress.done({self._place: Commit(offset, self._view.metadata(floors))})
        await (self._progress.commit() if now else self._progress.commit_when_due())

    def _raise_failures(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error


def _may_answer(call: PastCall, living: frozenset[str], own: str) -> bool:
    return call.owner != own and call.owner in living and datetime.now(UTC) < call.deadline
