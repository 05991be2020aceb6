"""The admissions of the last minute, and how long a rate limit makes the next one wait.

The wait is computed from the times of admissions, not from a stored "next allowed" time: that would depend on
the limit at the time, which is in no event, and the accounts must be a fold over events alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MINUTE_S = 60.0
# Shorter lists are not searched for admissions that are older than a minute.
MAX_UNTRIMMED = 64


class Rate(NamedTuple):
    """A rate limit: at most `per_minute` in any minute, and at most `burst` of it at once."""

    per_minute: int
    burst: int

    @property
    def spans(self) -> tuple[tuple[float, int], tuple[float, int]]:
        """Spans in seconds with the most that each may hold: a minute, and the time of a burst at the rate.

        A burst of 2 at 60 per minute: two at once, then none for 2 s.
        """
        most = min(self.burst, self.per_minute)
        return (MINUTE_S, self.per_minute), (MINUTE_S * most / self.per_minute, most)


@dataclass(slots=True, eq=False)
class RateWindow:
    """The admissions of the last minute in order, with the tokens that each may take as running totals."""

    times: list[float] = field(default_factory=list[float])
    _keys: list[int] = field(default_factory=list[int])
    _sums: list[int] = field(default_factory=list[int])
    _dropped: int = 0

    def note(self, at: float, key: int, tokens: int) -> None:
        """Count an admission, once for each time and key."""
        times = self.times
        if not times or at > times[-1]:
            times.append(at)
            self._keys.append(key)
            self._sums.append((self._sums[-1] if self._sums else self._dropped) + tokens)
        else:
            self._insert(at, key, tokens)
        if len(times) > MAX_UNTRIMMED:
            self._drop_old()

    def last_minute(self) -> Iterator[tuple[float, int, int]]:
        """List time, key and tokens of the admissions in the minute before the newest, in a fixed order."""
        if self.times:
            since = self.times[-1] - MINUTE_S
            tokens = (self._sums[index] - self._before(index) for index in range(len(self.times)))
            yield from sorted(
                entry for entry in zip(self.times, self._keys, tokens, strict=True) if entry[0] > since
            )

    def requests_wait_s(self, now: float, rate: Rate) -> float:
        """Seconds until one more request fits; 0 means now."""
        return wait_for_rate(self.times, now, rate)

    def requests_left(self, now: float, rate: Rate) -> int:
        """How many requests fit now."""
        return max(0, min(most - self.requests_since(now - span_s) for span_s, most in rate.spans))

    def requests_since(self, since: float) -> int:
        """How many requests were admitted after a time."""
        return len(self.times) - bisect_right(self.times, since)

    def tokens_wait_s(self, now: float, rate: Rate, requested: int) -> float | None:
        """Seconds until this many tokens fit; None if they are more than the rate ever allows."""
        waits = [self._tokens_wait_s(now, span_s, most, requested) for span_s, most in rate.spans]
        return max(wait for wait in waits if wait is not None) if None not in waits else None

    def tokens_left(self, now: float, rate: Rate) -> int:
        """How many tokens fit now."""
        return max(0, min(most - self.tokens_since(now - span_s) for span_s, most in rate.spans))

    def tokens_since(self, since: float) -> int:
        """How many tokens the admissions after a time may take."""
        return self._sums[-1] - self._before(bisect_right(self.times, since)) if self.times else 0

    def _tokens_wait_s(self, now: float, span_s: float, most: int, requested: int) -> float | None:
        if requested > most:
            return None
        surplus = self.tokens_since(now - span_s) + requested - most
        if surplus <= 0:
            return 0.0
        # The first admission by whose leaving the span enough tokens are free.
        index = bisect_left(self._sums, self._before(bisect_right(self.times, now - span_s)) + surplus)
        return max(0.0, self.times[index] + span_s - now)

    def _before(self, index: int) -> int:
        return self._sums[index - 1] if index > 0 else self._dropped

    def _insert(self, at: float, key: int, tokens: int) -> None:
        index = bisect_left(self.times, at)
        while index < len(self.times) and self.times[index] == at:
            if self._keys[index] == key:
                return
            index += 1
        self.times.insert(index, at)
        self._keys.insert(index, key)
        self._sums.insert(index, self._before(index))
        for later in range(index, len(self._sums)):
            self._sums[later] += tokens

    def _drop_old(self) -> None:
        since = self.times[-1] - MINUTE_S
        # Only once half of the list is old, so that a busy tenant's list is not moved at every request.
        if self.times[len(self.times) // 2] <= since:
            count = bisect_right(self.times, since)
            self._dropped = self._sums[count - 1]
            del self.times[:count], self._keys[:count], self._sums[:count]


def wait_for_rate(admitted: Sequence[float], now: float, rate: Rate) -> float:
    """Seconds until one more request fits under a rate; 0 means now.

    `admitted` holds the times of the last minute in seconds, in order.
    """
    return max(_wait_s(admitted, now, span_s, most) for span_s, most in rate.spans)


def _wait_s(admitted: Sequence[float], now: float, span_s: float, most: int) -> float:
    first = bisect_right(admitted, now - span_s)
    inside = len(admitted) - first
    return 0.0 if inside < most else max(0.0, admitted[first + inside - most] + span_s - now)
