"""The dedup window: which records of a partition are redeliveries, with the same result on every replay."""

from uuid import UUID

WINDOW = 20_000


class DedupWindow:
    """A record is a redelivery if its id occurred in the `window` offsets before it.

    That is a pure function of the log: after the records of the last `window` offsets, its result is as if it
    had read the whole log.
    """

    def __init__(self, window: int = WINDOW) -> None:
        """Look back over `window` offsets."""
        self._window = window
        self._last: dict[UUID, int] = {}

    def is_redelivery(self, event_id: UUID, offset: int) -> bool:
        """Remember the id at this offset, which must grow, and return whether it is a redelivery."""
        previous = self._last.pop(event_id, None)
        self._last[event_id] = offset
        while self._last and (oldest := next(iter(self._last.items())))[1] < offset - self._window:
            del self._last[oldest[0]]
        return previous is not None and previous >= offset - self._window
