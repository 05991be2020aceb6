"""How long an offset has been waiting: a record's timestamp, bounded by when the log was seen to grow."""

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MAX_SAMPLES = 256


@dataclass(slots=True)
class _LogEndSample:
    """An observed end of a log, and when it was observed first and last."""

    end: int
    first_at: float
    last_at: float


class LogEndHistory:
    """Remembers where logs ended at each observation, and bounds waiting times by it.

    An offset that was present at an earlier observation has waited at least since then; one that was still
    absent has waited at most since then. A timestamp counts only between these bounds, so from the second
    observation on a wrong clock can neither hide a wait nor invent one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns monotonic seconds."""
        self._clock = clock
        self._samples: dict[Hashable, deque[_LogEndSample]] = {}

    def seconds(self, log: Hashable, offset: int | None, end: int, timestamp_age_s: float) -> float:
        """How long `offset` has waited in a log that ends at `end` now; 0 without an offset.

        `timestamp_age_s` is the age of its record by its timestamp.
        """
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
            # The topic was recreated, so its offsets stand for other records.
            samples.clear()
        if samples and samples[-1].end == end:
            samples[-1].last_at = now
        else:
            samples.append(_LogEndSample(end, now, now))
        return samples
