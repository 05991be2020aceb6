"""The window of recent ids in a partition: tells the first record with an id from its repeats, the same way on every replay."""

from uuid import UUID

WINDOW = 20_000


class DedupWindow:
    """A record is a repeat when its id stood in one of the `window` offsets before it; a pure function of the log.

    Warm it up with the records of the last `window` offsets, and it answers as if it had read the whole log.
    """

    def __init__(self, window: int = WINDOW) -> None:
        """Look back over `window` offsets."""
        self._window = window
        self._last: dict[UUID, int] = {}

    def is_redelivery(self, event_id: UUID, offset: int) -> bool:
        """Note the id at this offset (offsets only grow), and tell whether it is a repeat."""
        previous = self._last.pop(event_id, None)
        self._last[event_id] = offset
        while self._last and (oldest := next(iter(self._last.items())))[1] < offset - self._window:
            del self._last[oldest[0]]
        return previous is not None and previous >= offset - self._window
