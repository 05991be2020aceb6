"""State that a dispatcher worker restores: finished events, started calls, and where to read next time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from schemas.event import Event
from streaming.brokers.port import LogReader
from streaming.brokers.records import Record, TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import PARENT_HEADER, SOURCE_OFFSET_HEADER

READ_BATCH_OFFSETS = 5_000
MAX_FINISHED_EVENTS = 50_000
MAX_OFFSET_DIGITS = 18
MAX_CALLS_PER_EVENT = 1_000
"""Further entries of an event are ignored: a route makes a hundred calls at most."""


class Floors(NamedTuple):
    """The offsets of the journal and the finish topic from which they must be read back."""

    journal: int
    finish: int


@dataclass(frozen=True, slots=True)
class JournaledCall:
    """A journal entry: the attempt, the client id of its caller, and until when its answer may come."""

    attempt: Event
    owner: str
    deadline: datetime


class JournalView:
    """The journal and finish partitions that belong to a source partition, up to the offsets read so far."""

    def __init__(self, reader: LogReader, journal: str, finish: str, partition: int) -> None:
        """Read these two topics in one partition."""
        self._reader = reader
        self._topic_partitions = TopicPartition(journal, partition), TopicPartition(finish, partition)
        self._read_to = [0, 0]
        self._tails = [0, 0]
        self._finished: dict[UUID, None] = {}
        self._unanswered: dict[UUID, list[JournaledCall]] = {}
        self._loaded_from = Floors(0, 0)
        self._journaled_until = -1

    async def load(self, metadata: str) -> Floors:
        """Read both topics from the floors of the last commit; returns the floors."""
        self._loaded_from = _floors(metadata)
        self._read_to = list(self._loaded_from)
        await self.refresh()
        self._tails = list(self._read_to)
        return self._loaded_from

    async def refresh(self) -> None:
        """Read what was appended to both topics since the last time."""
        for record in await self._read_new(0):
            parent_id, incoming = _parent_id(record), event_in(record)
            if parent_id is not None and incoming is not None:
                attempt = incoming.event
                call = JournaledCall(
                    attempt, getattr(attempt, "owner", ""), getattr(attempt, "deadline", _NEVER)
                )
                calls = self._unanswered.setdefault(parent_id, [])
                if len(calls) < MAX_CALLS_PER_EVENT:
                    calls.append(call)
        for record in await self._read_new(1):
            parent_id = _parent_id(record)
            if parent_id is not None and event_in(record) is not None:
                self.note_finished(parent_id)

    def floors_of(self, offset: int) -> Floors:
        """Offsets of the journal and finish topics from which all entries about this record can be read."""
        return (
            self._loaded_from if offset <= self._journaled_until else Floors(self._tails[0], self._tails[1])
        )

    def note_entry(self, offset: int) -> None:
        """Advance the journal's tail past an entry of this process."""
        self._tails[0] = max(self._tails[0], offset + 1)

    def note_finish(self, event_id: UUID, offset: int) -> None:
        """Advance the finish tail past an answer of this process."""
        self._tails[1] = max(self._tails[1], offset + 1)
        self.note_finished(event_id)

    def note_finished(self, event_id: UUID) -> None:
        """Store that an event is finished; beyond a limit the oldest entries are dropped."""
        self._finished[event_id] = None
        self._unanswered.pop(event_id, None)
        if len(self._finished) > MAX_FINISHED_EVENTS:
            del self._finished[next(iter(self._finished))]

    def is_finished(self, event_id: UUID) -> bool:
        """Whether the event has its answer."""
        return event_id in self._finished

    def past(self, event_id: UUID) -> Sequence[JournaledCall]:
        """The journaled calls of an event without an answer."""
        return tuple(self._unanswered.get(event_id, ()))

    def metadata(self, floors: Floors) -> str:
        """The floors as the loop's own text in the commit metadata."""
        return json.dumps({"v": 1, "journal": floors.journal, "finish": floors.finish}, separators=(",", ":"))

    async def _read_new(self, which: int) -> list[Record]:
        topic_partition, start = self._topic_partitions[which], self._read_to[which]
        end = await self._reader.end(topic_partition)
        records: list[Record] = []
        for low in range(max(start, await self._reader.beginning(topic_partition)), end, READ_BATCH_OFFSETS):
            records += await self._reader.read(topic_partition, low, min(low + READ_BATCH_OFFSETS, end))
        self._read_to[which] = max(end, start)
        for record in records:
            self._journaled_until = max(self._journaled_until, _source_offset(record))
        return records


class CompletedOffsets:
    """Which source offsets are finished out of order, and the floors of those that are not committed."""

    def __init__(self, start: int, floors: Floors) -> None:
        """Begin at the committed offset with the floors of its metadata."""
        self._next = start
        self._floors = floors
        self._taken: dict[int, Floors] = {}
        self._finished: set[int] = set()

    def start(self, offset: int, floors: Floors) -> None:
        """Note a started record; its entries are at or after these floors."""
        self._taken[offset] = floors

    def finish(self, offset: int) -> None:
        """Note a finished record."""
        self._finished.add(offset)

    def committable(self) -> tuple[int, Floors] | None:
        """The offset to commit and its floors; None if it has not moved.

        What is finished beyond the committed offset is delivered again after a crash, so its floors count
        until it is committed.
        """
        moved = False
        for offset in list(self._taken):
            if offset not in self._finished:
                break
            self._floors = self._taken.pop(offset)
            self._finished.discard(offset)
            self._next, moved = offset + 1, True
        if not moved:
            return None
        waiting = list(self._taken.values()) or [self._floors]
        journal, finish = min(floors.journal for floors in waiting), min(floors.finish for floors in waiting)
        return self._next, Floors(journal, finish)


_NEVER = datetime.min.replace(tzinfo=UTC)


def _floors(metadata: str) -> Floors:
    if not metadata:
        return Floors(0, 0)
    floors = json.loads(metadata)
    return Floors(int(floors["journal"]), int(floors["finish"]))


def _parent_id(record: Record) -> UUID | None:
    try:
        return UUID((record.header(PARENT_HEADER) or b"").decode("ascii"))
    except ValueError:
        return None


def _source_offset(record: Record) -> int:
    declared = record.header(SOURCE_OFFSET_HEADER) or b""
    return int(declared) if declared.isdigit() and len(declared) <= MAX_OFFSET_DIGITS else -1
