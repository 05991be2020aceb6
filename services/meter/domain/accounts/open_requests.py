"""Requests without an outcome; their details are the event's models, and JSON text once there are many."""

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

# A model takes five times the memory of its JSON text; but to serialise every request would halve the speed.
MAX_UNPACKED = 10_000
MAX_EXPIRED = 2_000


class AdmissionParts(NamedTuple):
    """What an outcome needs of an admission; the messages are not part of it."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: datetime
    expires_at: datetime

    def model(self) -> OpenRequest:
        """Build the model; the parts are validated already and are not validated again."""
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
    """An open request and the balances in which it is reserved; `parts` are models or JSON text."""

    key: int
    tenant: str
    balances: tuple[WindowBalance, ...]
    usd: Decimal
    tokens: int
    expires_at: float
    parts: AdmissionParts | str

    @property
    def account_keys(self) -> tuple[AccountKey, ...]:
        """The scopes and windows in which it is reserved."""
        return tuple(balance.key for balance in self.balances)

    def request(self) -> OpenRequest:
        """Return the request as a model."""
        return (
            OpenRequest.model_validate_json(self.parts) if isinstance(self.parts, str) else self.parts.model()
        )

    def is_admitted_at(self, admitted_at: datetime) -> bool:
        """Whether it was admitted at that time; false where its parts are JSON text, which is not parsed."""
        return not isinstance(self.parts, str) and self.parts.admitted_at == admitted_at

    def close(self) -> None:
        """Free the parts, since the packing queue may refer to the entry for a while."""
        self.parts = ""

    def packed(self) -> str:
        """Return the parts as JSON text."""
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
        self._by_expiry: list[tuple[float, int]] = []
        self._unpacked: deque[OpenRequestEntry] = deque()

    def add(self, entry: OpenRequestEntry) -> None:
        """Add an open request."""
        self.entries[entry.key] = entry
        heappush(self._by_expiry, (entry.expires_at, entry.key))
        if not isinstance(entry.parts, str):
            self._unpacked.append(entry)
            if len(self._unpacked) > MAX_UNPACKED:
                self._pack_oldest()

    def pop(self, key: int) -> OpenRequestEntry | None:
        """Remove and return a request that is closed now."""
        return self.entries.pop(key, None)

    def in_order(self) -> Iterator[OpenRequestEntry]:
        """List all by key."""
        return (self.entries[key] for key in sorted(self.entries))

    def expired(self, now: datetime) -> list[OpenRequest]:
        """List up to MAX_EXPIRED expired requests, the oldest first; they stay until they are closed."""
        limit, expired = now.timestamp(), list[OpenRequestEntry]()
        while self._by_expiry and self._by_expiry[0][0] <= limit and len(expired) < MAX_EXPIRED:
            entry = self.entries.get(heappop(self._by_expiry)[1])
            if entry is not None:
                expired.append(entry)
        for entry in expired:
            heappush(self._by_expiry, (entry.expires_at, entry.key))
        return [entry.request() for entry in expired]

    def drop_closed(self) -> None:
        """Rebuild the order of expiry once more than half of it are closed requests."""
        if len(self._by_expiry) > 2 * len(self.entries) + 1_000:
            self._by_expiry = [(entry.expires_at, entry.key) for entry in self.entries.values()]
            heapify(self._by_expiry)

    def _pack_oldest(self) -> None:
        """Serialise the older half of the unpacked requests; closed ones leave the queue."""
        still_open = [entry for entry in self._unpacked if entry.parts]
        for entry in still_open[: max(0, len(still_open) - MAX_UNPACKED // 2)]:
            entry.parts = entry.packed()
        self._unpacked = deque(entry for entry in still_open if not isinstance(entry.parts, str))
