"""Money and tokens that stay set aside after an outcome, because a call's cost or usage is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from services.meter.domain.accounts.account import ZERO, AccountKey

# The windows that a hold counts in are over by then; what is still unknown is no limit's business any more.
KEPT_S = 62 * 86_400.0


class Amounts(NamedTuple):
    """Money and tokens of one request or account."""

    usd: Decimal = ZERO
    tokens: int = 0

    def add(self, other: "Amounts") -> "Amounts":
        """Add two up."""
        return Amounts(self.usd + other.usd, self.tokens + other.tokens)

    def subtract_to_zero(self, other: "Amounts") -> "Amounts":
        """Take the other off, down to nothing."""
        return Amounts(max(ZERO, self.usd - other.usd), max(0, self.tokens - other.tokens))

    def subtract(self, other: "Amounts") -> "Amounts":
        """Take the other off."""
        return Amounts(self.usd - other.usd, self.tokens - other.tokens)


NOTHING = Amounts()


@dataclass(frozen=True, slots=True)
class HeldReservation:
    """What a reservation leaves after what its outcome knew, and where it counts.

    `unknown` is the number of calls that the outcome names and whose cost or usage it does not know; `is_unanswered` when no call was
    reported at all.
    """

    tenant: str
    account_keys: tuple[AccountKey, ...]
    amounts: Amounts
    unknown: int
    is_unanswered: bool
    since: float


@dataclass(frozen=True, slots=True)
class LateBooking:
    """What came after the outcome: what is known of it, how many calls are unknown, how many were settled, whether an answer came."""

    known: Amounts
    unknown: int
    settled: int
    is_answer: bool
    at: float

    def merged(self, other: "LateBooking") -> "LateBooking":
        """Join two bookings of one request; the order does not matter."""
        unknown, settled = self.unknown + other.unknown, self.settled + other.settled
        return LateBooking(
            self.known.add(other.known),
            unknown,
            settled,
            self.is_answer or other.is_answer,
            max(self.at, other.at),
        )


class HeldReservations:
    """Holds and late bookings by request; what is still set aside is a function of both, whichever came first."""

    def __init__(self) -> None:
        """Start empty."""
        self._holds: dict[int, HeldReservation] = {}
        self._late: dict[int, LateBooking] = {}
        self._sums: dict[str, dict[AccountKey, Amounts]] = {}

    def hold(self, key: int, hold: HeldReservation) -> None:
        """Hold what is left for a request whose outcome does not know everything."""
        self._change(key, hold, self._late.get(key))

    def book_late(self, key: int, late: LateBooking) -> None:
        """Take a booking after the outcome into account."""
        known = self._late.get(key)
        self._change(key, self._holds.get(key), late if known is None else known.merged(late))

    def held(self, tenant: str, place: AccountKey) -> Amounts:
        """Sum up a tenant's holds in one scope and window."""
        sums = self._sums.get(tenant)
        return sums.get(place, NOTHING) if sums is not None else NOTHING

    def hold_of(self, key: int) -> HeldReservation | None:
        """Find what is held for a request."""
        return self._holds.get(key)

    def awaits_answer(self, key: int) -> bool:
        """Tell whether a request was closed without an answer, and none has come since."""
        hold = self._holds.get(key)
        return hold is not None and hold.is_unanswered and key not in self._late

    def forget(self, newest: float) -> None:
        """Drop what is older than a hold is kept, seen from the newest event."""
        for key, hold in [entry for entry in self._holds.items() if entry[1].since < newest - KEPT_S]:
            self._add(hold, NOTHING.subtract(_left(hold, self._late.get(key))))
            del self._holds[key]
        for key in [key for key, late in self._late.items() if late.at < newest - KEPT_S]:
            hold, late = self._holds.get(key), self._late.pop(key)
            if hold is not None:
                self._add(hold, _left(hold, None).subtract(_left(hold, late)))

    def entries(
        self, newest: float
    ) -> tuple[Iterator[tuple[int, HeldReservation]], Iterator[tuple[int, LateBooking]]]:
        """List holds and late bookings in order, without what is to be forgotten."""
        holds = ((key, hold) for key, hold in sorted(self._holds.items()) if hold.since >= newest - KEPT_S)
        return holds, ((key, late) for key, late in sorted(self._late.items()) if late.at >= newest - KEPT_S)

    def sums(self, tenant: str) -> Mapping[AccountKey, Amounts]:
        """List where something is held for a tenant."""
        return self._sums.get(tenant, {})

    def _change(self, key: int, hold: HeldReservation | None, late: LateBooking | None) -> None:
        before = self._holds.get(key)
        if before is not None:
            self._add(before, NOTHING.subtract(_left(before, self._late.get(key))))
        if late is not None:
            self._late[key] = late
        if hold is not None:
            self._holds[key] = hold
            self._add(hold, _left(hold, late))

    def _add(self, hold: HeldReservation, amounts: Amounts) -> None:
        sums = self._sums.setdefault(hold.tenant, {})
        for place in hold.account_keys:
            total = sums.get(place, NOTHING).add(amounts)
            if total == NOTHING:
                sums.pop(place, None)
            else:
                sums[place] = total


def _left(hold: HeldReservation, late: LateBooking | None) -> Amounts:
    """Keep the rest until every unknown call is settled; where nobody answered, until an answer or a settlement says which there were."""
    if late is None:
        return hold.amounts
    is_told = late.is_answer or late.settled > 0 or not hold.is_unanswered
    if is_told and late.settled >= hold.unknown + late.unknown:
        return NOTHING
    return hold.amounts.subtract_to_zero(late.known)
