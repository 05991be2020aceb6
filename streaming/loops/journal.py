"""What a dispatcher lane reads back: which events have an answer, which were started by whom, and how far back to look next time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from schemas.event import Event
from streaming.brokers.port import LogReader
from streaming.brokers.records import Record, TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import PARENT_HEADER, SOURCE_OFFSET_HEADER

Floors = tuple[int, int]
READ_BATCH_OFFSETS = 5_000
MAX_FINISHED_EVENTS = 50_000
MAX_OFFSET_DIGITS = 18
MAX_CALLS_PER_EVENT = 1_000
"""Calls that are remembered of one event: a route makes a hundred at most, so more are none of ours."""


@dataclass(frozen=True, slots=True)
class JournaledCall:
    """A journal entry: who started the call, and until when its answer may come."""

    attempt: Event
    owner: str
    deadline: datetime


class JournalView:
    """The journal and finish partitions beside a source partition; floors and tails are (journal offset, finish offset)."""

    def __init__(self, reader: LogReader, journal: str, finish: str, partition: int) -> None:
        """Look at these two topics in one partition."""
        self._reader = reader
        self._topic_partitions = TopicPartition(journal, partition), TopicPartition(finish, partition)
        self._read_to = [0, 0]
        self._tails = [0, 0]
        self._finished: dict[UUID, None] = {}
        self._unanswered: dict[UUID, list[JournaledCall]] = {}
        self._loaded_from: Floors = (0, 0)
        self._journaled_until = -1

    async def load(self, metadata: str) -> Floors:
        """Read both topics back from the floors of the last commit; returns the floors."""
        self._loaded_from = _floors(metadata)
        self._read_to = list(self._loaded_from)
        await self.refresh()
        self._tails = list(self._read_to)
        return self._loaded_from

    async def refresh(self) -> None:
        """Read what was appended to both topics since the last look."""
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
        """Nothing about the source record at this offset, taken now, stands below these offsets of journal and finish."""
        return self._loaded_from if offset <= self._journaled_until else (self._tails[0], self._tails[1])

    def note_entry(self, offset: int) -> None:
        """Move the journal's tail behind an entry of this process."""
        self._tails[0] = max(self._tails[0], offset + 1)

    def note_finish(self, event_id: UUID, offset: int) -> None:
        """Move the finish tail behind an answer of this process."""
        self._tails[1] = max(self._tails[1], offset + 1)
        self.note_finished(event_id)

    def note_finished(self, event_id: UUID) -> None:
        """Remember that an event came to its end; the oldest of many are forgotten."""
        self._finished[event_id] = None
        self._unanswered.pop(event_id, None)
        if len(self._finished) > MAX_FINISHED_EVENTS:
            del self._finished[next(iter(self._finished))]

    def is_finished(self, event_id: UUID) -> bool:
        """Whether the event has its answer."""
        return event_id in self._finished

    def past(self, event_id: UUID) -> Sequence[JournaledCall]:
        """The calls that the log shows as started for an event without an answer."""
        return tuple(self._unanswered.get(event_id, ()))

    def metadata(self, floors: Floors) -> str:
        """The text that goes into the commit."""
        return json.dumps({"v": 1, "journal": floors[0], "finish": floors[1]}, separators=(",", ":"))

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
    """Which source offsets are done, out of order, and from where the journal must be read for what is not committed yet."""

    def __init__(self, start: int, floors: Floors) -> None:
        """Begin at the committed offset with the floors of its metadata."""
        self._next = start
        self._floors = floors
        self._taken: dict[int, Floors] = {}
        self._finished: set[int] = set()

    def start(self, offset: int, floors: Floors) -> None:
        """Note a record in work; nothing about it stands below these floors."""
        self._taken[offset] = floors

    def finish(self, offset: int) -> None:
        """Note that a record came to its end."""
        self._finished.add(offset)

    def committable(self) -> tuple[int, Floors] | None:
        """The offset to commit and its floors, or None where it has not moved.

        What is finished above the mark is met again after a crash, so its floors count as long as it is not committed.
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
        return self._next, (min(floors[0] for floors in waiting), min(floors[1] for floors in waiting))


_NEVER = datetime.min.replace(tzinfo=UTC)


def _floors(metadata: str) -> Floors:
    if not metadata:
        return 0, 0
    floors = json.loads(metadata)
    return int(floors["journal"]), int(floors["finish"])


def _parent_id(record: Record) -> UUID | None:
    try:
        return UUID((record.header(PARENT_HEADER) or b"").decode("ascii"))
    except ValueError:
        return None


def _source_offset(record: Record) -> int:
    declared = record.header(SOURCE_OFFSET_HEADER) or b""
    return int(declared) if declared.isdigit() and len(declared) <= MAX_OFFSET_DIGITS else -1
