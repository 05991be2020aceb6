"""How long offsets have been waiting, by the clock of the one who looks: a timestamp is believed only as far as looks do not refute it."""

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

REMEMBERED = 256


@dataclass(slots=True)
class _LogEndSample:
    """An end that a log was seen to have, and when for the first and the last time."""

    end: int
    first_at: float
    last_at: float


class LogEndHistory:
    """Remembers where logs ended at each look.

    An offset that was present at an earlier look has waited at least since that look, one that was still absent at a look at most since it.
    Timestamps count only between these two bounds, so from the second look on a wrong clock can neither hide a wait nor invent one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._endings: dict[Hashable, deque[_LogEndSample]] = {}

    def seconds(self, log: Hashable, offset: int | None, end: int, said_s: float) -> float:
        """The wait of `offset` in a log that ends at `end` now; `said_s` is what its timestamp says. Without an offset nothing waits."""
        now = self._clock()
        endings = self._noted(log, end, now)
        waiting = end if offset is None else offset
        while len(endings) > 1 and endings[1].end <= waiting:
            endings.popleft()
        if offset is None:
            return 0.0
        at_least = next((now - ending.first_at for ending in endings if ending.end > offset), 0.0)
        at_most = now - endings[0].last_at if endings[0].end <= offset else float("inf")
        return min(max(said_s, at_least), at_most)

    def _noted(self, log: Hashable, end: int, now: float) -> "deque[_LogEndSample]":
        endings = self._endings.setdefault(log, deque(maxlen=REMEMBERED))
        if endings and endings[-1].end > end:
            # The log was made anew, so that its offsets mean other records.
            endings.clear()
        if endings and endings[-1].end == end:
            endings[-1].last_at = now
        else:
            endings.append(_LogEndSample(end, now, now))
        return endings
