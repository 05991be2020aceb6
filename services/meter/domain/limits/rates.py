"""The admissions of the last minute, and how long a rate makes the next one wait.

The rate is read from the times of admissions and not from a stored "next allowed" time: such a time depends on the limit of its moment,
which no event holds, and the accounts must be a fold over events alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MINUTE_S = 60.0
SHORT = 64


@dataclass(slots=True, eq=False)
class RateWindow:
    """When requests were admitted, in order, and how many tokens each of them asked for (`_sums`: with all before it)."""

    times: list[float] = field(default_factory=list[float])
    _keys: list[int] = field(default_factory=list[int])
    _sums: list[int] = field(default_factory=list[int])
    _dropped: int = 0

    def note(self, at: float, key: int, tokens: int) -> None:
        """Count an admission, once."""
        times = self.times
        if not times or at > times[-1]:
            times.append(at)
            self._keys.append(key)
            self._sums.append((self._sums[-1] if self._sums else self._dropped) + tokens)
        else:
            self._insert(at, key, tokens)
        if len(times) > SHORT:
            self._drop_old()

    def last_minute(self) -> Iterator[tuple[float, int, int]]:
        """List the admissions of the minute before the newest with key and tokens, in a fixed order."""
        if self.times:
            since = self.times[-1] - MINUTE_S
            tokens = (self._sums[place] - self._before(place) for place in range(len(self.times)))
            yield from sorted(
                entry for entry in zip(self.times, self._keys, tokens, strict=True) if entry[0] > since
            )

    def requests_wait_s(self, now: float, per_minute: int, burst: int) -> float:
        """Seconds until one more request fits; 0 means now."""
        return wait_for_rate(self.times, now, per_minute, burst)

    def requests_left(self, now: float, per_minute: int, burst: int) -> int:
        """Tell how many requests fit now."""
        return max(
            0,
            min(most - self.requests_since(now - window_s) for window_s, most in _windows(per_minute, burst)),
        )

    def requests_since(self, since: float) -> int:
        """Count the admissions after a moment."""
        return len(self.times) - bisect_right(self.times, since)

    def tokens_wait_s(self, now: float, rate: tuple[int, int], asked: int) -> float | None:
        """Seconds until so many tokens fit under a rate (per minute, burst); None where they never do."""
        waits = [self._tokens_wait(now, window_s, most, asked) for window_s, most in _windows(*rate)]
        return max(wait for wait in waits if wait is not None) if None not in waits else None

    def tokens_left(self, now: float, per_minute: int, burst: int) -> int:
        """Tell how many tokens fit now."""
        return max(
            0, min(most - self.tokens_since(now - window_s) for window_s, most in _windows(per_minute, burst))
        )

    def tokens_since(self, since: float) -> int:
        """Add up the tokens of admissions after a moment."""
        return self._sums[-1] - self._before(bisect_right(self.times, since)) if self.times else 0

    def _tokens_wait(self, now: float, window_s: float, most: int, asked: int) -> float | None:
        if asked > most:
            return None
        surplus = self.tokens_since(now - window_s) + asked - most
        if surplus <= 0:
            return 0.0
        leaving = bisect_left(self._sums, self._before(bisect_right(self.times, now - window_s)) + surplus)
        return max(0.0, self.times[leaving] + window_s - now)

    def _before(self, place: int) -> int:
        return self._sums[place - 1] if place > 0 else self._dropped

    def _insert(self, at: float, key: int, tokens: int) -> None:
        place = bisect_left(self.times, at)
        while place < len(self.times) and self.times[place] == at:
            if self._keys[place] == key:
                return
            place += 1
        self.times.insert(place, at)
        self._keys.insert(place, key)
        self._sums.insert(place, self._before(place))
        for later in range(place, len(self._sums)):
            self._sums[later] += tokens

    def _drop_old(self) -> None:
        since = self.times[-1] - MINUTE_S
        # Half of the list at a time, so that a busy tenant's list is not moved on every request.
        if self.times[len(self.times) // 2] <= since:
            count = bisect_right(self.times, since)
            self._dropped = self._sums[count - 1]
            del self.times[:count], self._keys[:count], self._sums[:count]


def wait_for_rate(admitted: Sequence[float], now: float, per_minute: int, burst: int) -> float:
    """Seconds until one more request fits: at most `per_minute` in any minute, at most `burst` in the time that `burst` takes at that rate.

    `admitted` holds the times of the last minute in seconds, in order. 0 means now. A burst of 2 at 60 per minute: two at once, then none
    for 2 s.
    """
    return max(_wait(admitted, now, window_s, most) for window_s, most in _windows(per_minute, burst))


def _windows(per_minute: int, burst: int) -> tuple[tuple[float, int], tuple[float, int]]:
    least = min(burst, per_minute)
    return (MINUTE_S, per_minute), (MINUTE_S * least / per_minute, least)


def _wait(admitted: Sequence[float], now: float, window_s: float, limit: int) -> float:
    first = bisect_right(admitted, now - window_s)
    inside = len(admitted) - first
    return 0.0 if inside < limit else max(0.0, admitted[first + inside - limit] + window_s - now)
