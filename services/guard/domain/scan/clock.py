"""Shares the wall time between the texts in flight: with n of them each moment counts 1/n for each."""


class SharedClock:
    """Measures the seconds of each text; the times of all texts add up to the wall time."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._seen_at = 0.0
        self._share = 0.0

    def start(self, now: float) -> float:
        """Start a text; the result is the argument of its `end`."""
        self._advance(now)
        self._in_flight += 1
        return self._share

    def end(self, started: float, now: float) -> float:
        """End a text and return its seconds."""
        self._advance(now)
        self._in_flight -= 1
        return self._share - started

    def _advance(self, now: float) -> None:
        if self._in_flight:
            self._share += (now - self._seen_at) / self._in_flight
        self._seen_at = now
