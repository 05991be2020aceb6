"""Finds poison records: after an unclean end the suspects are handled alone, so the next end names one.

Suspects are the records behind the committed offset that the former process may have started. Each is named
in the commit before it is handled, and the name is cleared afterwards. So a process that is killed from
outside while many records are in flight counts against none: only a record that was handled alone at two
ends is poison.

Loops of pure functions try their suspects in runs first. An end during a run counts against no record; the
records of that run are then tried one at a time.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby

from streaming.brokers.records import Record, TopicPartition
from streaming.errors import DependencyDownError, FencedError
from streaming.events.event_processing import RecordRejectedError
from streaming.partitions.commit_envelope import CommitMetadata, SuspectBound
from streaming.partitions.permits import ExclusivePermit, ExecutionLock, ExecutionPermit, SuspectMark

log = logging.getLogger(__name__)

POISON_DEATHS = 2
MAX_RUN_RECORDS = 128
"""Suspects in one run, which costs one commit; about the square root of a loaded ledger's suspects."""
_IN_A_RUN = -1


class Quarantine:
    """The suspects of one partition, from the commit at which a worker starts until all have been tried."""

    def __init__(self, envelope: CommitMetadata, lock: ExecutionLock, until: int, limit: int) -> None:
        """At most `limit` records below `until` (the log's end) can have been started by an unclean process.

        If the commit was clean, or written by this process, the suspects are only those that its writer had
        not tried.
        """
        self._lock = lock
        ended_cleanly = envelope.is_clean or envelope.writer == lock.process
        suspects = (envelope.suspects or SuspectBound(-1, 0)) if ended_cleanly else SuspectBound(until, limit)
        self._suspects_until, self._suspects_left = suspects.until, suspects.left
        self._deaths = dict(envelope.deaths_for(lock.process))
        self._ended_runs = _below(until, envelope.ended_runs_for(lock.process))
        self._in_trial: set[int] = set()
        self._at_work: Sequence[int] = ()
        self._named: tuple[Sequence[int], ...] = ()

    @property
    def is_named_in_commit(self) -> bool:
        """Whether the committed metadata may name a record or a run as being handled alone."""
        return bool(self._named)

    @property
    def has_stale_mark(self) -> bool:
        """Whether the commit may still name a record that is no longer being handled.

        A kill now would count against it. A run may stay named until the next commit, since no death is
        counted for it.
        """
        return self._single_named is not None and not self._at_work

    def is_suspect(self, offset: int) -> bool:
        """Whether a record is a suspect."""
        is_known = offset in self._in_trial or self._is_handled_alone(offset)
        return is_known or (offset < self._suspects_until and self._suspects_left > 0)

    def deaths(self, offset: int) -> int:
        """How often a process ended while it handled this record alone."""
        return self._deaths.get(offset, 0)

    def run_key(self, offset: int) -> int | None:
        """Suspects with the same key may be handled in one run; None if the record is not a suspect.

        Call it in the order of offsets.
        """
        if not self.is_suspect(offset):
            return None
        self._start_trial(offset)
        return offset if self._is_handled_alone(offset) else _IN_A_RUN

    def permit(self, offsets: Sequence[int], commit: Callable[[], Awaitable[None]]) -> ExecutionPermit:
        """The permit for handling these records; call it in the order of offsets.

        `commit` writes the current envelope.
        """
        if not self.is_suspect(offsets[0]):
            return self._lock.shared()
        for offset in offsets:
            self._start_trial(offset)

        async def begin() -> None:
            self._at_work = offsets
            await commit()

        async def clear() -> None:
            await self._clear_stale_mark(commit)

        return ExclusivePermit(self._lock, SuspectMark(self, begin, self._end, clear))

    def note_finished(self, offset: int) -> None:
        """Note that a record is finished, and clear what counted against it.

        Poison stays known until the committed offset is beyond it. Loops that try runs finish their records
        in the order of the log, so everything before this record in its run is finished, too.
        """
        self._in_trial.discard(offset)
        if any(offset in run for run in self._ended_runs):
            self._ended_runs = _beyond(offset + 1, self._ended_runs)
        if self.deaths(offset) < POISON_DEATHS:
            self._deaths.pop(offset, None)

    def envelope(self, committed: int, loop: str, *, is_clean: bool) -> CommitMetadata:
        """The metadata of a commit at this offset; remaining suspects are left to the next owner."""
        self._forget_below(committed)
        has_suspects = bool(self._deaths or self._in_trial or self._ended_runs)
        in_progress = self._at_work
        if in_progress:
            # Until Kafka acknowledges a commit, the stored one may name these or any of the former ones.
            self._named = (*self._named, in_progress)
        return CommitMetadata(
            is_clean=is_clean and not has_suspects,
            writer=self._lock.process,
            alone=in_progress[0] if len(in_progress) == 1 else None,
            deaths=dict(self._deaths),
            loop=loop,
            run=range(in_progress[0], in_progress[-1] + 1) if len(in_progress) > 1 else None,
            ended_runs=self._ended_runs,
            suspects=self._remaining_suspects(committed),
        )

    def acknowledged(self, envelope: CommitMetadata) -> None:
        """Note that Kafka has stored a commit: what it does not name is cleared."""
        if envelope.alone is not None:
            self._named = ((envelope.alone,),)
        else:
            self._named = (envelope.run,) if envelope.run is not None else ()

    @property
    def _single_named(self) -> int | None:
        """The offset that the commit may name as being handled alone, if any."""
        return next((named[0] for named in self._named if len(named) == 1), None)

    def _remaining_suspects(self, committed: int) -> SuspectBound | None:
        """The suspects that have not been tried, and those whose trial is not finished."""
        left = self._suspects_left + sum(offset >= committed for offset in self._in_trial)
        return (
            SuspectBound(self._suspects_until, left)
            if committed < self._suspects_until and left > 0
            else None
        )

    def _is_handled_alone(self, offset: int) -> bool:
        return offset in self._deaths or any(offset in run for run in self._ended_runs)

    def _start_trial(self, offset: int) -> None:
        if offset not in self._in_trial:
            self._suspects_left -= 1
            self._in_trial.add(offset)

    def _forget_below(self, committed: int) -> None:
        self._deaths = {offset: deaths for offset, deaths in self._deaths.items() if offset >= committed}
        self._ended_runs = _beyond(committed, self._ended_runs)

    async def _clear_stale_mark(self, commit: Callable[[], Awaitable[None]]) -> None:
        if not self.has_stale_mark:
            return
        try:
            await commit()
        except (DependencyDownError, FencedError) as error:
            log.warning(
                "a suspect stays named in the commit",
                extra={"offset": self._single_named, "because": str(error)},
            )

    def _end(self) -> None:
        self._at_work = ()


def runs_of(
    records: Sequence[Record],
    quarantine_of: Callable[[TopicPartition], Quarantine],
) -> Iterator[Sequence[Record]]:
    """Split records into groups that share a permit: one suspect, a run of suspects, or all others."""

    def trial(record: Record) -> tuple[TopicPartition, int] | None:
        number = quarantine_of(record.topic_partition).run_key(record.offset)
        return None if number is None else (record.topic_partition, number)

    for number, group in groupby(records, trial):
        run = list(group)
        size = len(run) if number is None else MAX_RUN_RECORDS
        yield from (run[start : start + size] for start in range(0, len(run), size))


def _below(offset: int, runs: Sequence[range]) -> tuple[range, ...]:
    """The parts of the runs below this offset, since no process can have read beyond the log's end."""
    return tuple(range(run.start, min(run.stop, offset)) for run in runs if run.start < offset)


def _beyond(offset: int, runs: Sequence[range]) -> tuple[range, ...]:
    """The parts of the runs at or beyond this offset."""
    return tuple(range(max(run.start, offset), run.stop) for run in runs if run.stop > offset)


def poison_rejection(deaths: int) -> RecordRejectedError:
    """The rejection of a record that has ended processes."""
    return RecordRejectedError(
        "poison", f"{deaths} processes ended while they handled this record and nothing else"
    )
