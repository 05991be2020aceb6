"""Wall time where several texts are in flight: a moment that n texts share counts 1/n for each, so that all times add up to the whole."""


class SharedClock:
    """Give a text its start, and at its end the seconds that were its own; alone that is plain wall time."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._seen_at = 0.0
        self._share = 0.0

    def start(self, now: float) -> float:
        """Put one more in flight; what is returned is handed in at its end."""
        self._advance(now)
        self._in_flight += 1
        return self._share

    def end(self, started: float, now: float) -> float:
        """Take one out, and tell the seconds that were its own."""
        self._advance(now)
        self._in_flight -= 1
        return self._share - started

    def _advance(self, now: float) -> None:
        if self._in_flight:
            self._share += (now - self._seen_at) / self._in_flight
        self._seen_at = now
