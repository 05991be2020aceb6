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
from streaming.partitions.permits import ExecutionPermit
from streaming.partitions.quarantine import Quarantine
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

    def __init__(self, assignment: WorkerAssignment, commit_every_records: int, suspects: int) -> None:
        """`commit_every_records` bounds how many records an unclean end leaves in doubt.

        `suspects` is how many that can be at most, beyond those that the last commit says are worked on.
        """
        self._assignment = assignment
        self._commit_every_records = commit_every_records
        self._suspects = suspects
        self._offsets: dict[TopicPartition, CommittedOffset] = {}
        self._quarantines: dict[TopicPartition, Quarantine] = {}
        self._pending: set[TopicPartition] = set()
        self._opened: set[TopicPartition] = set()
        self._started_until: dict[TopicPartition, int] = {}
        self._committed_at = time.monotonic()
        self._records_since_commit = 0
        self._is_closed = False
        self._committing = asyncio.Lock()

    async def resume(self, reader: LogReader, topic_partition: TopicPartition) -> ResumePoint:
        """Read the commit of a partition, and find out who is suspect where its writer did not end in good order."""
        committed_offset = await self._assignment.consumer.committed(topic_partition)
        beginning = await reader.beginning(topic_partition)
        envelope = read_envelope(committed_offset.metadata if committed_offset else "")
        committed = committed_offset.offset if committed_offset else 0
        start = max(committed, beginning)
        end = start if envelope.is_clean and not envelope.ended_runs else await reader.end(topic_partition)
        ahead = max(0, (envelope.started_until or 0) - start)
        self._quarantines[topic_partition] = Quarantine(
            envelope, self._assignment.lease.execution_lock, end, ahead + self._suspects
        )
        self._offsets[topic_partition] = CommittedOffset(start, envelope.loop)
        return ResumePoint(start, committed, envelope.loop)

    @property
    def is_committed(self) -> bool:
        """Whether nothing waits for a commit."""
        return not self._pending

    def quarantine(self, topic_partition: TopicPartition) -> Quarantine:
        """The suspects of a partition."""
        return self._quarantines[topic_partition]

    def permit(self, topic_partition: TopicPartition, offset: int) -> ExecutionPermit:
        """The turn in which a record is to be handled."""
        return self._quarantines[topic_partition].permit([offset], lambda: self._commit_mark(topic_partition))

    def permit_for_run(self, run: Sequence[Record]) -> ExecutionPermit:
        """The turn of records that are handled together: suspects of one partition, or any that are none."""
        topic_partition, offsets = run[0].topic_partition, [record.offset for record in run]
        return self._quarantines[topic_partition].permit(offsets, lambda: self._commit_mark(topic_partition))

    async def open(self, records: int) -> None:
        """Say before the first record that work has begun: from then on only an orderly end is clean."""
        self._records_since_commit += records
        fresh = self._offsets.keys() - self._opened
        if fresh:
            await self._commit_unclean(fresh)

    def advance(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Note how far partitions are; `metadata` is the loop's own text. It is written at the next commit."""
        self._offsets.update(offsets)
        self._pending.update(offsets)

    def note_started(self, topic_partition: TopicPartition, offset: int) -> None:
        """Note that everything below an offset is worked on, also where the partition is not done so far."""
        self._started_until[topic_partition] = offset
        self._pending.add(topic_partition)

    def note_finished(self, topic_partition: TopicPartition, offset: int) -> None:
        """Note that a record has ended well, or as a dead letter."""
        quarantine = self._quarantines[topic_partition]
        if quarantine.is_suspect(offset):
            self._pending.add(topic_partition)
            quarantine.note_finished(offset)

    async def commit_when_due(self) -> bool:
        """Commit what is pending where the last commit is a second or many records old, or accuses a record; tell whether anything was written."""
        is_due = (
            time.monotonic() - self._committed_at >= COMMIT_EVERY_S
            or self._records_since_commit >= self._commit_every_records
        )
        return await self.commit() if is_due or self._stale_marked() else False

    async def commit(self) -> bool:
        """Commit what is pending now; tell whether anything was written."""
        self._pending |= self._stale_marked()
        if not self._pending:
            return False
        await self._commit_unclean(set(self._pending))
        self._records_since_commit = 0
        return True

    async def close(self) -> None:
        """The last commit of an orderly end."""
        self._is_closed = True
        topic_partitions = self._pending | self._opened
        if topic_partitions:
            self._assignment.lease.check()
            await self._commit(topic_partitions, is_clean=True)
            self._pending = set()

    async def close_with_calls_in_flight(self) -> None:
        """The last commit of a lane whose calls go on in this process: no clean end, and it names nobody, since nobody could cross that out."""
        self._is_closed = True
        self._pending |= self._named_partitions()
        await self.commit()

    async def interrupt(self) -> None:
        """Cross out, as far as there is time, whose work is cut off without a fault of its own; nothing is written from then on."""
        self._is_closed = True
        named = self._named_partitions()
        if not named:
            return
        with suppress(StreamingError, TimeoutError):
            async with asyncio.timeout(FINAL_COMMIT_TIMEOUT_S):
                await self._commit_unclean(named)

    def _named_partitions(self) -> set[TopicPartition]:
        return {tp for tp in self._opened if self._quarantines[tp].is_named_in_commit}

    def _stale_marked(self) -> set[TopicPartition]:
        return {tp for tp in self._opened if self._quarantines[tp].has_stale_mark}

    async def _commit_mark(self, topic_partition: TopicPartition) -> None:
        """Commit who runs alone now, as long as the lane may still cross it out.

        Where that fails the record runs all the same, since its call may have been paid for by now.
        """
        if self._is_closed:
            return
        try:
            await self._commit_unclean({topic_partition})
        except (DependencyDownError, FencedError) as error:
            log.warning(
                "a suspect runs unmarked",
                extra={
                    "topic": topic_partition.topic,
                    "partition": topic_partition.partition,
                    "because": str(error),
                },
            )

    async def _commit_unclean(self, topic_partitions: set[TopicPartition]) -> None:
        self._assignment.lease.check()
        self._pending -= topic_partitions
        try:
            await self._commit(topic_partitions, is_clean=False)
        except BaseException:
            self._pending |= topic_partitions
            raise
        self._opened |= topic_partitions
        self._committed_at = time.monotonic()

    async def _commit(self, topic_partitions: set[TopicPartition], *, is_clean: bool) -> None:
        async with self._committing:
            envelopes = {tp: self._envelope(tp, is_clean=is_clean) for tp in topic_partitions}
            texts = {tp: envelope.to_metadata() for tp, envelope in envelopes.items()}
            commits = {tp: CommittedOffset(self._offsets[tp].offset, text) for tp, text in texts.items()}
            await self._assignment.consumer.commit(commits)
            for topic_partition, envelope in envelopes.items():
                self._quarantines[topic_partition].acknowledged(envelope)

    def _envelope(self, topic_partition: TopicPartition, *, is_clean: bool) -> CommitMetadata:
        committed_offset = self._offsets[topic_partition]
        envelope = self._quarantines[topic_partition].envelope(
            committed_offset.offset, committed_offset.metadata, is_clean=is_clean
        )
        if self._is_closed:
            envelope = replace(envelope, alone=None, run=None)
        started_until = self._started_until.get(topic_partition, 0)
        return (
            replace(envelope, started_until=started_until)
            if started_until > committed_offset.offset
            else envelope
        )
