"""Finds the record that ends its process: after an unclean end the suspects run alone, and the one that ends it again is a dead letter.

Suspects are the records that the former process may have taken: those behind the committed offset. Each is written down in the commit
before it runs and crossed out after, so a process that is killed from outside while many calls are in flight accuses nobody: only a
record that was at work alone at two ends is poison. Loops of pure functions try their suspects in runs first;
an end then counts against no record, and those of a run that ended its process are tried one at a time.
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
MAX_RUN = 128
"""One commit for so many; about the root of a loaded ledger's suspects: an ended run costs one for each."""
_IN_A_RUN = -1


class Quarantine:
    """The suspects of one partition, from the commit that a lane starts at until they have all been tried."""

    def __init__(self, envelope: CommitMetadata, lock: ExecutionLock, until: int, limit: int) -> None:
        """At most `limit` records below `until` (the log's end now) can have been taken by a process that did not end in good order.

        After one that did, or a former lane of this process, the suspects are those that it had not come to.
        """
        self._lock = lock
        has_ended_well = envelope.is_clean or envelope.writer == lock.process
        suspects = (
            (envelope.suspects or SuspectBound(-1, 0)) if has_ended_well else SuspectBound(until, limit)
        )
        self._suspects_until, self._suspects_left = suspects.until, suspects.left
        self._deaths = dict(envelope.deaths_seen_by(lock.process))
        self._ended_runs = _below(until, envelope.ended_runs_seen_by(lock.process))
        self._in_trial: set[int] = set()
        self._at_work: Sequence[int] = ()
        self._named: tuple[Sequence[int], ...] = ()

    @property
    def is_named_in_commit(self) -> bool:
        """Whether the commit may say that a record or a run is at work alone."""
        return bool(self._named)

    @property
    def has_stale_mark(self) -> bool:
        """Whether the commit may still name a record that is no longer at work: a kill now would count against it.

        The name of a run may stay until the next commit, since no death is counted for it.
        """
        return self._single_named is not None and not self._at_work

    def is_suspect(self, offset: int) -> bool:
        """Whether a record is a suspect."""
        is_known = offset in self._in_trial or self._is_tried_singly(offset)
        return is_known or (offset < self._suspects_until and self._suspects_left > 0)

    def deaths(self, offset: int) -> int:
        """How often a process ended while it handled this record alone."""
        return self._deaths.get(offset, 0)

    def run_key(self, offset: int) -> int | None:
        """Suspects with the same number may run together, None is no suspect; ask in the order of offsets."""
        if not self.is_suspect(offset):
            return None
        self._start_trial(offset)
        return offset if self._is_tried_singly(offset) else _IN_A_RUN

    def permit(self, offsets: Sequence[int], commit: Callable[[], Awaitable[None]]) -> ExecutionPermit:
        """The turn in which records are to be handled; ask in the order of offsets.

        `write_down` commits the envelope as it then is.
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
        """Note that a record came to its end: nothing is held against it any more.

        Poison stays known until the commit is beyond it. Loops that try runs end their records in the order
        of the log, so that what lies before this one in its run has ended, too.
        """
        self._in_trial.discard(offset)
        if any(offset in run for run in self._ended_runs):
            self._ended_runs = _beyond(offset + 1, self._ended_runs)
        if self.deaths(offset) < POISON_DEATHS:
            self._deaths.pop(offset, None)

    def envelope(self, committed: int, loop: str, *, is_clean: bool) -> CommitMetadata:
        """What a commit at this offset says now; with suspects left, the next owner goes on with them."""
        self._forget_below(committed)
        has_suspects = bool(self._deaths or self._in_trial or self._ended_runs)
        at_work = self._at_work
        if at_work:
            # Until Kafka has taken a commit, it may name these or any of the former ones.
            self._named = (*self._named, at_work)
        return CommitMetadata(
            is_clean=is_clean and not has_suspects,
            writer=self._lock.process,
            alone=at_work[0] if len(at_work) == 1 else None,
            deaths=dict(self._deaths),
            loop=loop,
            run=range(at_work[0], at_work[-1] + 1) if len(at_work) > 1 else None,
            ended_runs=self._ended_runs,
            suspects=self._remaining_suspects(committed),
        )

    def acknowledged(self, envelope: CommitMetadata) -> None:
        """Note that Kafka has taken a commit: what it does not name is crossed out."""
        if envelope.alone is not None:
            self._named = ((envelope.alone,),)
        else:
            self._named = (envelope.run,) if envelope.run is not None else ()

    @property
    def _single_named(self) -> int | None:
        """A record that the commit may name as the only one at work."""
        return next((named[0] for named in self._named if len(named) == 1), None)

    def _remaining_suspects(self, committed: int) -> SuspectBound | None:
        """Those that nobody has come to, and those whose trial is not over."""
        left = self._suspects_left + sum(offset >= committed for offset in self._in_trial)
        return (
            SuspectBound(self._suspects_until, left)
            if committed < self._suspects_until and left > 0
            else None
        )

    def _is_tried_singly(self, offset: int) -> bool:
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
            log.warning("a suspect stays marked", extra={"offset": self._single_named, "because": str(error)})

    def _end(self) -> None:
        self._at_work = ()


def runs_of(
    records: Sequence[Record],
    quarantine_of: Callable[[TopicPartition], Quarantine],
) -> Iterator[Sequence[Record]]:
    """Cut records into what is handled in one turn: a single suspect, a run of them, or all others."""

    def trial(record: Record) -> tuple[TopicPartition, int] | None:
        number = quarantine_of(record.topic_partition).run_key(record.offset)
        return None if number is None else (record.topic_partition, number)

    for number, group in groupby(records, trial):
        run = list(group)
        size = len(run) if number is None else MAX_RUN
        yield from (run[start : start + size] for start in range(0, len(run), size))


def _below(offset: int, runs: Sequence[range]) -> tuple[range, ...]:
    """What of these runs stands before this offset: what is behind the log's end was taken by nobody."""
    return tuple(range(run.start, min(run.stop, offset)) for run in runs if run.start < offset)


def _beyond(offset: int, runs: Sequence[range]) -> tuple[range, ...]:
    """What of these runs stands at this offset or behind it."""
    return tuple(range(max(run.start, offset), run.stop) for run in runs if run.stop > offset)


def poison_rejection(deaths: int) -> RecordRejectedError:
    """Why a record that has ended processes is a dead letter."""
    return RecordRejectedError(
        "poison", f"{deaths} processes ended while they handled this record and nothing else"
    )
