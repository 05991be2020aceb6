"""Requests without an outcome: what the sums need is at hand, the rest as the event's own parts, and packed once there are many."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from schemas.requests import RequestFacts, Reservation
from schemas.verdicts import Verdict
from services.meter.domain.accounts.account import AccountKey, OpenRequest, WindowBalance

# A model takes five times the memory of its JSON text, so only so many of them are kept; packing each at once would halve the speed.
UNPACKED = 10_000
MAX_EXPIRED = 2_000


class AdmissionParts(NamedTuple):
    """What an outcome needs of an admission; the messages are not among it."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: datetime
    expires_at: datetime

    def model(self) -> OpenRequest:
        """Put them together; models that are made already are not checked again."""
        request, verdict, reservation, admitted_at, expires_at = self
        return OpenRequest(
            request=request,
            verdict=verdict,
            reservation=reservation,
            admitted_at=admitted_at,
            expires_at=expires_at,
        )


@dataclass(slots=True, eq=False)
class OpenRequestEntry:
    """An open request with the cells that it is reserved in; `parts` is the event's own, or JSON text."""

    key: int
    tenant: str
    cells: tuple[WindowBalance, ...]
    usd: Decimal
    tokens: int
    expires_at: float
    parts: AdmissionParts | str

    @property
    def account_keys(self) -> tuple[AccountKey, ...]:
        """The scopes and windows it is reserved in."""
        return tuple((cell.scope, cell.window) for cell in self.cells)

    def request(self) -> OpenRequest:
        """Read the parts."""
        return (
            OpenRequest.model_validate_json(self.parts) if isinstance(self.parts, str) else self.parts.model()
        )

    def is_of(self, admitted_at: datetime) -> bool:
        """Tell whether it was admitted at that time, as far as that is at hand."""
        return not isinstance(self.parts, str) and self.parts.admitted_at == admitted_at

    def close(self) -> None:
        """Let go of the parts, since the order of packing may remember the entry for a while."""
        self.parts = ""

    def packed(self) -> str:
        """Write the parts."""
        return (
            self.parts
            if isinstance(self.parts, str)
            else self.parts.model().model_dump_json(exclude_none=True)
        )


class OpenRequests:
    """Open requests by key (`entries`, for look-ups), and in the order in which they expire."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: dict[int, OpenRequestEntry] = {}
        self._due: list[tuple[float, int]] = []
        self._unpacked: deque[OpenRequestEntry] = deque()

    def add(self, entry: OpenRequestEntry) -> None:
        """Open a request."""
        self.entries[entry.key] = entry
        heappush(self._due, (entry.expires_at, entry.key))
        if not isinstance(entry.parts, str):
            self._unpacked.append(entry)
            if len(self._unpacked) > UNPACKED:
                self._pack_oldest()

    def pop(self, key: int) -> OpenRequestEntry | None:
        """Take a request out that is closed now."""
        return self.entries.pop(key, None)

    def in_order(self) -> Iterator[OpenRequestEntry]:
        """List all by key."""
        return (self.entries[key] for key in sorted(self.entries))

    def expired(self, now: datetime) -> list[OpenRequest]:
        """Take some thousand requests whose time is over, the oldest first; they stay due until their outcome closes them."""
        border, late = now.timestamp(), list[OpenRequestEntry]()
        while self._due and self._due[0][0] <= border and len(late) < MAX_EXPIRED:
            entry = self.entries.get(heappop(self._due)[1])
            if entry is not None:
                late.append(entry)
        for entry in late:
            heappush(self._due, (entry.expires_at, entry.key))
        return [entry.request() for entry in late]

    def forget(self) -> None:
        """Let go of the closed ones that still stand in the order."""
        if len(self._due) > 2 * len(self.entries) + 1_000:
            self._due = [(entry.expires_at, entry.key) for entry in self.entries.values()]
            heapify(self._due)

    def _pack_oldest(self) -> None:
        """Pack half of the unpacked, the oldest first; closed ones are simply let go."""
        alive = [entry for entry in self._unpacked if entry.parts]
        for entry in alive[: max(0, len(alive) - UNPACKED // 2)]:
            entry.parts = entry.packed()
        self._unpacked = deque(entry for entry in alive if not isinstance(entry.parts, str))
