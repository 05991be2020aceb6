"""The outside calls in flight of this process, and the journal entry that is written before each of them."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from schemas.event import Event
from streaming.errors import DependencyDownError, FencedError, RecordTooLargeError
from streaming.events.event_processing import RecordRejectedError
from streaming.events.publishing import Publisher, SourceRecord, acknowledged
from streaming.handling import Incoming
from streaming.loops.journal import JournalView
from streaming.partitions.permits import release_permit
from streaming.partitions.workers import WorkerAssignment
from streaming.tasks import end_within

log = logging.getLogger(__name__)

RETRY_S = 1.0


class InFlightCalls:
    """The calls of this process by the event that they serve; a rebalance does not cancel them."""

    def __init__(self) -> None:
        """Start without calls."""
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def get(self, event_id: UUID) -> "asyncio.Task[None] | None":
        """The call in flight for an event."""
        return self._tasks.get(event_id)

    def start(self, event_id: UUID, call: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        """Start a call that only the end of the process cancels."""
        task = asyncio.create_task(call)
        self._tasks[event_id] = task
        task.add_done_callback(lambda _: self._forget(event_id, task))
        return task

    def _forget(self, event_id: UUID, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(event_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.warning("call ended without an answer", extra={"error": type(task.exception()).__name__})

    async def end(self, timeout_s: float) -> None:
        """Wait for calls in flight, and cancel those that take longer; these get no answer."""
        await end_within(list(self._tasks.values()), timeout_s)


@dataclass(frozen=True, slots=True)
class DispatchedEvent:
    """The event that calls are made for, the client id of the caller, and earlier calls without an answer."""

    incoming: Incoming[Event]
    owner: str
    past: Sequence[Event]
    assignment: WorkerAssignment

    @property
    def origin(self) -> SourceRecord:
        """The source record of the events of these calls."""
        return SourceRecord(self.incoming.event_id, self.incoming.record)


class CallJournal:
    """The journal of one event's calls: an entry is acknowledged before its call may be made."""

    def __init__(self, publisher: Publisher, dispatched: DispatchedEvent, view: JournalView) -> None:
        """Take the publisher, the event, and the view whose tails follow the entries."""
        self._publisher = publisher
        self._dispatched = dispatched
        self._view = view
        self._written = 0

    @property
    def past(self) -> Sequence[Event]:
        """Earlier calls of this or earlier processes, without an answer."""
        return self._dispatched.past

    @property
    def owner(self) -> str:
        """The client id of the process that makes the calls now."""
        return self._dispatched.owner

    async def write(self, attempt: Event) -> None:
        """Append an entry, wait for its acknowledgement, and release the event's permit for the slow call.

        `permits.permit_released` acquires the permit again for the answer. Raises FencedError before the
        first call of a worker that is stopping: the call is left to the next owner.
        """
        if self._written == 0 and self._dispatched.assignment.stopping.is_set():
            msg = "the partition was given away before the call"
            raise FencedError(msg)
        self._written += 1
        release_permit()
        self._view.note_entry(await self.append(attempt, self._entry_id()))

    async def finish(self, event: Event) -> None:
        """Append the event that the calls led to.

        Two processes that both called write under two ids, so that no cost is dropped. Raises
        RecordRejectedError if the event is larger than its topic accepts: the calls are made and must not be
        repeated because of that.
        """
        event_id = uuid5(self._dispatched.incoming.event_id, f"{event.TYPE}/{self._entry_id()}")
        try:
            offset = await self.append(event, event_id)
        except RecordTooLargeError as error:
            raise RecordRejectedError(
                "too_large", f"what follows from this record is larger than its topic accepts: {error}", event
            ) from error
        self._view.note_finish(self._dispatched.incoming.event_id, offset)

    async def append(self, event: Event, event_id: UUID) -> int:
        """Append until the broker acknowledges it; a repeat has the same id. Raises RecordTooLargeError."""
        record = self._publisher.outbound(
            event, event_id, self._dispatched.origin, self._dispatched.incoming.record.partition
        )
        while True:
            self._dispatched.assignment.lease.check()
            try:
                return (await acknowledged([await self._publisher.send_record(record)]))[0]
            except DependencyDownError:
                await asyncio.sleep(RETRY_S)

    def _entry_id(self) -> UUID:
        return uuid5(self._dispatched.incoming.event_id, f"{self.owner}/{len(self.past)}/{self._written}")
