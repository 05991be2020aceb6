"""How long offsets have been waiting, by the clock of the one who looks: a timestamp is believed only as far as looks do not refute it."""

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MAX_SAMPLES = 256


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
        self._samples: dict[Hashable, deque[_LogEndSample]] = {}

    def seconds(self, log: Hashable, offset: int | None, end: int, timestamp_age_s: float) -> float:
        """The wait of `offset` in a log that ends at `end` now; `said_s` is what its timestamp says. Without an offset nothing waits."""
        now = self._clock()
        samples = self._sampled(log, end, now)
        waiting = end if offset is None else offset
        while len(samples) > 1 and samples[1].end <= waiting:
            samples.popleft()
        if offset is None:
            return 0.0
        at_least = next((now - sample.first_at for sample in samples if sample.end > offset), 0.0)
        at_most = now - samples[0].last_at if samples[0].end <= offset else float("inf")
        return min(max(timestamp_age_s, at_least), at_most)

    def _sampled(self, log: Hashable, end: int, now: float) -> "deque[_LogEndSample]":
        samples = self._samples.setdefault(log, deque(maxlen=MAX_SAMPLES))
        if samples and samples[-1].end > end:
            # The log was made anew, so that its offsets mean other records.
            samples.clear()
        if samples and samples[-1].end == end:
            samples[-1].last_at = now
        else:
            samples.append(_LogEndSample(end, now, now))
        return samples
