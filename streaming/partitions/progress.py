"""How far a lane is in its partitions: committed at most once a second, more often under load, and once more before the lane ends."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from streaming.brokers.port import LogReader
from streaming.brokers.records import CommittedOffset, Record, TopicPartition
from streaming.errors import DependencyDownError, FencedError, StreamingError
from streaming.partitions.commit_envelope import CommitMetadata, read_envelope
from streaming.partitions.quarantine import Quarantine
from streaming.partitions.turns import ExecutionPermit
from streaming.partitions.workers import WorkerAssignment

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 1.0
FINAL_COMMIT_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where to go on (the committed offset, or the log's beginning where records are gone), what the commit said (0 without one), and its text."""

    start: int
    committed: int
    loop: str


class OffsetCommitter:
    """Collects how far each partition of a lane is done, commits when it is time, and keeps the quarantine of each partition."""

    def __init__(self, lane: WorkerAssignment, commit_every_records: int, suspects: int) -> None:
        """`commit_every_records` bounds how many records an unclean end leaves in doubt.

        `suspects` is how many that can be at most, beyond those that the last commit says are worked on.
        """
        self._lane = lane
        self._commit_every_records = commit_every_records
        self._suspects = suspects
        self._marks: dict[TopicPartition, CommittedOffset] = {}
        self._quarantines: dict[TopicPartition, Quarantine] = {}
        self._pending: set[TopicPartition] = set()
        self._opened: set[TopicPartition] = set()
        self._begun: dict[TopicPartition, int] = {}
        self._committed_at = time.monotonic()
        self._taken = 0
        self._is_over = False
        self._committing = asyncio.Lock()

    async def resume(self, reader: LogReader, place: TopicPartition) -> ResumePoint:
        """Read the commit of a partition, and find out who is suspect where its writer did not end in good order."""
        mark = await self._lane.consumer.committed(place)
        beginning = await reader.beginning(place)
        envelope = read_envelope(mark.metadata if mark else "")
        committed = mark.offset if mark else 0
        start = max(committed, beginning)
        end = start if envelope.is_clean and not envelope.ended_runs else await reader.end(place)
        ahead = max(0, (envelope.started_until or 0) - start)
        self._quarantines[place] = Quarantine(envelope, self._lane.lease.turns, end, ahead + self._suspects)
        self._marks[place] = CommittedOffset(start, envelope.loop)
        return ResumePoint(start, committed, envelope.loop)

    @property
    def is_committed(self) -> bool:
        """Whether nothing waits for a commit."""
        return not self._pending

    def quarantine(self, place: TopicPartition) -> Quarantine:
        """The suspects of a partition."""
        return self._quarantines[place]

    def turn(self, place: TopicPartition, offset: int) -> ExecutionPermit:
        """The turn in which a record is to be handled."""
        return self._quarantines[place].permit([offset], lambda: self._write_down(place))

    def turn_of(self, together: Sequence[Record]) -> ExecutionPermit:
        """The turn of records that are handled together: suspects of one partition, or any that are none."""
        place, offsets = together[0].topic_partition, [record.offset for record in together]
        return self._quarantines[place].permit(offsets, lambda: self._write_down(place))

    async def open(self, records: int) -> None:
        """Say before the first record that work has begun: from then on only an orderly end is clean."""
        self._taken += records
        fresh = self._marks.keys() - self._opened
        if fresh:
            await self._write(fresh)

    def done(self, marks: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Note how far partitions are; `metadata` is the loop's own text. It is written at the next commit."""
        self._marks.update(marks)
        self._pending.update(marks)

    def note_started(self, place: TopicPartition, offset: int) -> None:
        """Note that everything below an offset is worked on, also where the partition is not done so far."""
        self._begun[place] = offset
        self._pending.add(place)

    def note_finished(self, place: TopicPartition, offset: int) -> None:
        """Note that a record has ended well, or as a dead letter."""
        quarantine = self._quarantines[place]
        if quarantine.is_suspect(offset):
            self._pending.add(place)
            quarantine.note_finished(offset)

    async def commit_when_due(self) -> bool:
        """Commit what is pending where the last commit is a second or many records old, or accuses a record; tell whether anything was written."""
        is_due = (
            time.monotonic() - self._committed_at >= COMMIT_EVERY_S
            or self._taken >= self._commit_every_records
        )
        return await self.commit() if is_due or self._survived() else False

    async def commit(self) -> bool:
        """Commit what is pending now; tell whether anything was written."""
        self._pending |= self._survived()
        if not self._pending:
            return False
        await self._write(set(self._pending))
        self._taken = 0
        return True

    async def close(self) -> None:
        """The last commit of an orderly end."""
        self._is_over = True
        places = self._pending | self._opened
        if places:
            self._lane.lease.check()
            await self._commit(places, is_clean=True)
            self._pending = set()

    async def close_with_calls_in_flight(self) -> None:
        """The last commit of a lane whose calls go on in this process: no clean end, and it names nobody, since nobody could cross that out."""
        self._is_over = True
        self._pending |= self._accused()
        await self.commit()

    async def interrupt(self) -> None:
        """Cross out, as far as there is time, whose work is cut off without a fault of its own; nothing is written from then on."""
        self._is_over = True
        accused = self._accused()
        if not accused:
            return
        with suppress(StreamingError, TimeoutError):
            async with asyncio.timeout(FINAL_COMMIT_TIMEOUT_S):
                await self._write(accused)

    def _accused(self) -> set[TopicPartition]:
        return {place for place in self._opened if self._quarantines[place].is_written_down}

    def _survived(self) -> set[TopicPartition]:
        return {place for place in self._opened if self._quarantines[place].has_stale_mark}

    async def _write_down(self, place: TopicPartition) -> None:
        """Commit who runs alone now, as long as the lane may still cross it out.

        Where that fails the record runs all the same, since its call may have been paid for by now.
        """
        if self._is_over:
            return
        try:
            await self._write({place})
        except (DependencyDownError, FencedError) as error:
            log.warning(
                "a suspect runs unmarked",
                extra={"topic": place.topic, "partition": place.partition, "because": str(error)},
            )

    async def _write(self, places: set[TopicPartition]) -> None:
        self._lane.lease.check()
        self._pending -= places
        try:
            await self._commit(places, is_clean=False)
        except BaseException:
            self._pending |= places
            raise
        self._opened |= places
        self._committed_at = time.monotonic()

    async def _commit(self, places: set[TopicPartition], *, is_clean: bool) -> None:
        async with self._committing:
            envelopes = {place: self._envelope(place, is_clean=is_clean) for place in places}
            texts = {place: envelope.to_metadata() for place, envelope in envelopes.items()}
            commits = {
                place: CommittedOffset(self._marks[place].offset, text) for place, text in texts.items()
            }
            await self._lane.consumer.commit(commits)
            for place, envelope in envelopes.items():
                self._quarantines[place].acknowledged(envelope)

    def _envelope(self, place: TopicPartition, *, is_clean: bool) -> CommitMetadata:
        mark = self._marks[place]
        envelope = self._quarantines[place].envelope(mark.offset, mark.metadata, is_clean=is_clean)
        if self._is_over:
            envelope = replace(envelope, alone=None, run=None)
        begun = self._begun.get(place, 0)
        return replace(envelope, started_until=begun) if begun > mark.offset else envelope
