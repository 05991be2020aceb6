"""What is remembered for a day to tell repeats, and forgotten by the time of events, never by the clock."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

WINDOW_S = 86_400.0
K = TypeVar("K")


class FirstRequest(NamedTuple):
    """The request that holds a request id: another one with the same id is its duplicate."""

    key: int
    content_digest: str
    at: float

    @property
    def record_id(self) -> UUID:
        """The id of its record."""
        return UUID(int=self.key)


@dataclass(slots=True)
class DedupWindows:
    """Closed requests, booked calls and used request ids with the time of the event that said so; keys are the ids as numbers."""

    closed: dict[int, float] = field(default_factory=dict[int, float])
    booked: dict[int, float] = field(default_factory=dict[int, float])
    corrections: dict[int, float] = field(default_factory=dict[int, float])
    first: dict[tuple[str, str], FirstRequest] = field(default_factory=dict[tuple[str, str], FirstRequest])

    def note_first(self, tenant: str, request_id: str, first: FirstRequest) -> None:
        """Remember who holds a request id: the newest claim, which does not depend on the order in which claims are read."""
        name = (tenant, request_id)
        known = self.first.get(name)
        if known is None:
            self.first[name] = first
        elif (first.at, first.key) > (known.at, known.key):
            # Taken out first: a name that is used every day must not stay in front of all others.
            del self.first[name]
            self.first[name] = first

    def forget(self, newest: float) -> None:
        """Drop the oldest entries; entries come nearly in the order of time, so one that waits behind a younger one goes later."""
        border = newest - WINDOW_S
        for window in (self.closed, self.booked, self.corrections):
            _drop(window, border)
        old: list[tuple[str, str]] = []
        for name, first in self.first.items():
            if first.at >= border:
                break
            old.append(name)
        for name in old:
            del self.first[name]


def _drop(window: dict[K, float], border: float) -> None:
    old: list[K] = []
    for key, at in window.items():
        if at >= border:
            break
        old.append(key)
    for key in old:
        del window[key]
