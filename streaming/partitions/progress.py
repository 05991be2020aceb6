"""Commits how far a worker is in its partitions: at most once a second, more often under load."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    """Where to continue: the committed offset, or the beginning of the log if records are gone.

    `committed` is the committed offset, 0 without a commit; `loop` is the loop's own text of the commit.
    """

    start: int
    committed: int
    loop: str


class OffsetCommitter:
    """Collects how far each partition is finished, commits when due, and keeps the quarantines."""

    def __init__(self, assignment: WorkerAssignment, commit_every_records: int, suspects: int) -> None:
        """`commit_every_records` bounds how many records an unclean end leaves in doubt.

        `suspects` is the highest number of them, beyond those that the last commit names as started.
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
        """Read the commit of a partition, and determine the suspects if its writer ended uncleanly."""
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
        """Whether nothing waits to be committed."""
        return not self._pending

    def quarantine(self, topic_partition: TopicPartition) -> Quarantine:
        """The suspects of a partition."""
        return self._quarantines[topic_partition]

    def permit(self, topic_partition: TopicPartition, offset: int) -> ExecutionPermit:
        """The permit for handling one record."""
        return self._quarantines[topic_partition].permit([offset], lambda: self._commit_mark(topic_partition))

    def permit_for_run(self, run: Sequence[Record]) -> ExecutionPermit:
        """The permit for records that are handled together: suspects of one partition, or none at all."""
        topic_partition, offsets = run[0].topic_partition, [record.offset for record in run]
        return self._quarantines[topic_partition].permit(offsets, lambda: self._commit_mark(topic_partition))

    async def open(self, records: int) -> None:
        """Commit before the first record that work has begun: from then on only an orderly end is clean."""
        self._records_since_commit += records
        fresh = self._offsets.keys() - self._opened
        if fresh:
            await self._commit_unclean(fresh)

    def advance(self, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Record how far partitions are finished, for the next commit; `metadata` is the loop's own text."""
        self._offsets.update(offsets)
        self._pending.update(offsets)

    def note_started(self, topic_partition: TopicPartition, offset: int) -> None:
        """Record that everything below an offset has been started, finished or not."""
        self._started_until[topic_partition] = offset
        self._pending.add(topic_partition)

    def note_finished(self, topic_partition: TopicPartition, offset: int) -> None:
        """Record that a record was handled, or became a dead letter."""
        quarantine = self._quarantines[topic_partition]
        if quarantine.is_suspect(offset):
            self._pending.add(topic_partition)
            quarantine.note_finished(offset)

    async def commit_when_due(self) -> bool:
        """Commit what is pending; returns whether anything was written.

        A commit is due when the last one is a second or many records old, or names a suspect that is no
        longer being handled.
        """
        is_due = (
            time.monotonic() - self._committed_at >= COMMIT_EVERY_S
            or self._records_since_commit >= self._commit_every_records
        )
        return await self.commit() if is_due or self._stale_marked() else False

    async def commit(self) -> bool:
        """Commit what is pending now; returns whether anything was written."""
        self._pending |= self._stale_marked()
        if not self._pending:
            return False
        await self._commit_unclean(set(self._pending))
        self._records_since_commit = 0
        return True

    async def close(self) -> None:
        """Make the last commit of an orderly end."""
        self._is_closed = True
        topic_partitions = self._pending | self._opened
        if topic_partitions:
            self._assignment.lease.check()
            await self._commit(topic_partitions, is_clean=True)
            self._pending = set()

    async def close_with_calls_in_flight(self) -> None:
        """Make the last commit of a worker whose calls continue in this process.

        It is not a clean end, and it names no suspect, since the name could not be cleared later.
        """
        self._is_closed = True
        self._pending |= self._named_partitions()
        await self.commit()

    async def interrupt(self) -> None:
        """Clear the names of suspects whose handling is cut off, if time allows; commit nothing after it."""
        self._is_closed = True
        named = self._named_partitions()
        if not named:
            return
        await commit_if_time_allows(lambda: self._commit_unclean(named))

    def _named_partitions(self) -> set[TopicPartition]:
        return {tp for tp in self._opened if self._quarantines[tp].is_named_in_commit}

    def _stale_marked(self) -> set[TopicPartition]:
        return {tp for tp in self._opened if self._quarantines[tp].has_stale_mark}

    async def _commit_mark(self, topic_partition: TopicPartition) -> None:
        """Commit which suspect is handled alone, unless the worker is closed and could not clear it.

        If the commit fails, the record is handled anyway, since its call may already have been paid for.
        """
        if self._is_closed:
            return
        try:
            await self._commit_unclean({topic_partition})
        except (DependencyDownError, FencedError) as error:
            log.warning(
                "a suspect is handled without being named in a commit",
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


async def commit_if_time_allows(commit: Callable[[], Awaitable[None]]) -> None:
    """Try a worker's last commit for FINAL_COMMIT_TIMEOUT_S; errors are dropped, since it ends anyway."""
    with suppress(StreamingError, TimeoutError):
        async with asyncio.timeout(FINAL_COMMIT_TIMEOUT_S):
            await commit()
