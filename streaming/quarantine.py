"""Finds the record that ends its process: after an unclean end the suspects run alone, and the one that ends it again is a dead letter.

Suspects are the records that the former process may have taken: those behind the committed offset. Each is written down in the commit
before it runs and crossed out after, so a process that is killed from outside while many calls are in flight accuses nobody: only a
record that was at work alone at two ends is poison.
"""

from collections.abc import Awaitable, Callable

from streaming.commit_envelope import CommitEnvelope
from streaming.intake import Rejection
from streaming.turns import LoneTurn, Turn, Turns

POISON_DEATHS = 2


class Quarantine:
    """The suspects of one partition, from the commit that a lane starts at until they have all been tried."""

    def __init__(self, envelope: CommitEnvelope, turns: Turns, until: int, limit: int) -> None:
        """At most `limit` records below `until` (the log's end now) can have been taken by the former process."""
        self._turns = turns
        is_clean = envelope.is_clean or envelope.writer == turns.process
        self._until = -1 if is_clean else until
        self._left = limit
        self._deaths = dict(envelope.deaths_seen_by(turns.process))
        self._in_trial: set[int] = set()
        self._alone: int | None = None
        self._written: int | None = None

    @property
    def is_written_down(self) -> bool:
        """Whether the last commit says that a record runs alone."""
        return self._written is not None

    @property
    def has_stale_mark(self) -> bool:
        """Whether the last commit still names a record as running alone although it no longer is: a kill now would count against it."""
        return self._written is not None and self._alone is None

    def covers(self, offset: int) -> bool:
        """Whether a record is a suspect."""
        return offset in self._in_trial or offset in self._deaths or (offset < self._until and self._left > 0)

    def deaths(self, offset: int) -> int:
        """How often a process ended while it handled this record alone."""
        return self._deaths.get(offset, 0)

    def turn(self, offset: int, write_down: Callable[[], Awaitable[None]]) -> Turn:
        """The turn in which a record is to be handled; ask in the order of offsets. `write_down` commits the envelope as it then is."""
        if not self.covers(offset):
            return self._turns.shared()
        if offset not in self._in_trial:
            self._left -= 1
            self._in_trial.add(offset)

        async def begin() -> None:
            self._alone = offset
            await write_down()

        return LoneTurn(self._turns, begin, self._end)

    def passed(self, offset: int) -> None:
        """Note that a record came to its end: nothing is held against it any more."""
        self._in_trial.discard(offset)
        self._deaths.pop(offset, None)

    def envelope(self, loop: str, *, is_clean: bool) -> CommitEnvelope:
        """What a commit says now; with suspects left, the next owner goes on with them."""
        has_suspects = bool(self._deaths or self._in_trial)
        self._written = self._alone
        return CommitEnvelope(is_clean and not has_suspects, self._turns.process, self._alone, dict(self._deaths), loop)

    def _end(self) -> None:
        self._alone = None


def poison(deaths: int) -> Rejection:
    """Why a record that has ended processes is a dead letter."""
    return Rejection("poison", f"{deaths} processes ended while they handled this record and nothing else")
