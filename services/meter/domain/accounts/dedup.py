"""The dedup windows of the meter: ids that are kept for a day of event time, to recognise redeliveries."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

DEDUP_WINDOW_S = 86_400.0
K = TypeVar("K")


class FirstRequest(NamedTuple):
    """The request that owns a request id: another request with the same id is its duplicate."""

    key: int
    content_digest: str
    at: float

    @property
    def record_id(self) -> UUID:
        """The record id of the request."""
        return UUID(int=self.key)


@dataclass(slots=True)
class DedupWindows:
    """Closed requests, booked calls, corrections and used request ids, each with the time of its event.

    Keys are the integer values of the ids. Entries expire by the time of events, never by the clock.
    """

    closed: dict[int, float] = field(default_factory=dict[int, float])
    booked: dict[int, float] = field(default_factory=dict[int, float])
    corrections: dict[int, float] = field(default_factory=dict[int, float])
    first: dict[tuple[str, str], FirstRequest] = field(default_factory=dict[tuple[str, str], FirstRequest])

    def note_first(self, tenant: str, request_id: str, first: FirstRequest) -> None:
        """Store the owner of a request id: the newest request, regardless of the order of reading."""
        name = (tenant, request_id)
        known = self.first.get(name)
        if known is None:
            self.first[name] = first
        elif (first.at, first.key) > (known.at, known.key):
            # Deleted first, so that a request id that is used every day moves to the end of the dict.
            del self.first[name]
            self.first[name] = first

    def drop_old(self, newest_at: float) -> None:
        """Drop the oldest entries, up to the first young one.

        Entries are nearly in the order of time; an old one after a younger one is dropped later.
        """
        since = newest_at - DEDUP_WINDOW_S
        for window in (self.closed, self.booked, self.corrections):
            _drop_before(window, since)
        old: list[tuple[str, str]] = []
        for name, first in self.first.items():
            if first.at >= since:
                break
            old.append(name)
        for name in old:
            del self.first[name]


def _drop_before(window: dict[K, float], since: float) -> None:
    old: list[K] = []
    for key, at in window.items():
        if at >= since:
            break
        old.append(key)
    for key in old:
        del window[key]
