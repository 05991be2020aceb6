"""A lane's marks in its partitions: committed at most once a second, and before the lane ends."""

import time
from collections.abc import Mapping

from streaming.broker import LogReader
from streaming.lanes import Lane
from streaming.records import Commit, TopicPartition

COMMIT_EVERY_S = 1.0


class Progress:
    """Collects how far each place of a lane is done, and commits when it is time."""

    def __init__(self, lane: Lane) -> None:
        """Start with nothing to commit."""
        self._lane = lane
        self._pending: dict[TopicPartition, Commit] = {}
        self._committed_at = time.monotonic()

    @property
    def is_committed(self) -> bool:
        """Whether nothing waits for a commit."""
        return not self._pending

    def done(self, marks: Mapping[TopicPartition, Commit]) -> None:
        """Note marks; they are written at the next commit."""
        self._pending.update(marks)

    async def commit_when_due(self) -> bool:
        """Commit what is pending where the last commit is a second old; tell whether anything was written."""
        if time.monotonic() - self._committed_at < COMMIT_EVERY_S:
            return False
        return await self.commit()

    async def commit(self) -> bool:
        """Commit what is pending now; tell whether anything was written."""
        if not self._pending:
            return False
        self._lane.lease.check()
        await self._lane.consumer.commit(self._pending)
        self._pending = {}
        self._committed_at = time.monotonic()
        return True


async def resume_offset(lane: Lane, reader: LogReader, place: TopicPartition) -> tuple[int, int]:
    """Where to go on (the mark, or the log's beginning where records are gone) and what the mark said (0 without one)."""
    mark = await lane.consumer.committed(place)
    beginning = await reader.beginning(place)
    said = mark.offset if mark else 0
    return max(said, beginning), said
