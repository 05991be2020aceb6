"""Money that stays set aside after an outcome, because the cost of one of its calls is not known."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.meter.domain.account import ZERO, add

# The month that a hold counts in is over by then; what is still unknown is no limit's business any more.
KEPT_S = 62 * 86_400.0


@dataclass(frozen=True, slots=True)
class Hold:
    """What a reservation leaves after the costs that its outcome knew; `is_unanswered` when no call was reported at all."""

    tenant: str
    period: str
    amount_usd: Decimal
    is_unanswered: bool
    since: float


@dataclass(frozen=True, slots=True)
class LateBooking:
    """What came after the outcome: known costs, whether nothing of it was unknown, and whether the rest was settled by hand."""

    known_usd: Decimal
    is_whole: bool
    is_settled: bool
    at: float

    def merged(self, other: "LateBooking") -> "LateBooking":
        """Join two bookings of one request; the order does not matter."""
        known, is_whole = self.known_usd + other.known_usd, self.is_whole and other.is_whole
        return LateBooking(known, is_whole, self.is_settled or other.is_settled, max(self.at, other.at))


class Holds:
    """Holds and late bookings by request; what is still set aside is a function of both, whichever came first."""

    def __init__(self) -> None:
        """Start empty."""
        self._holds: dict[int, Hold] = {}
        self._late: dict[int, LateBooking] = {}
        self._sums: dict[str, dict[str, Decimal]] = {}

    def set_aside(self, key: int, hold: Hold) -> None:
        """Hold money for a request whose outcome does not know all costs."""
        self._change(key, hold, self._late.get(key))

    def book_late(self, key: int, late: LateBooking) -> None:
        """Take a booking after the outcome into account."""
        known = self._late.get(key)
        self._change(key, self._holds.get(key), late if known is None else known.merged(late))

    def held(self, tenant: str, period: str) -> Decimal:
        """Sum up a tenant's holds of one month, in USD."""
        return self._sums.get(tenant, {}).get(period, ZERO)

    def period_of(self, key: int) -> str | None:
        """Tell the month that a request's reservation was in; None where nothing is held for it."""
        hold = self._holds.get(key)
        return hold.period if hold is not None else None

    def awaits_answer(self, key: int) -> bool:
        """Tell whether a request was closed without an answer, and none has come since."""
        hold = self._holds.get(key)
        return hold is not None and hold.is_unanswered and key not in self._late

    def forget(self, newest: float) -> None:
        """Drop what is older than a hold is kept, seen from the newest event."""
        for key, hold in [entry for entry in self._holds.items() if entry[1].since < newest - KEPT_S]:
            self._add(hold, -_left(hold, self._late.get(key)))
            del self._holds[key]
        for key in [key for key, late in self._late.items() if late.at < newest - KEPT_S]:
            hold, late = self._holds.get(key), self._late.pop(key)
            if hold is not None:
                self._add(hold, _left(hold, None) - _left(hold, late))

    def entries(self, newest: float) -> tuple[Iterator[tuple[int, Hold]], Iterator[tuple[int, LateBooking]]]:
        """List holds and late bookings in order, without what is to be forgotten."""
        holds = ((key, hold) for key, hold in sorted(self._holds.items()) if hold.since >= newest - KEPT_S)
        return holds, ((key, late) for key, late in sorted(self._late.items()) if late.at >= newest - KEPT_S)

    def _change(self, key: int, hold: Hold | None, late: LateBooking | None) -> None:
        before = self._holds.get(key)
        if before is not None:
            self._add(before, -_left(before, self._late.get(key)))
        if late is not None:
            self._late[key] = late
        if hold is not None:
            self._holds[key] = hold
            self._add(hold, _left(hold, late))

    def _add(self, hold: Hold, amount: Decimal) -> None:
        add(self._sums.setdefault(hold.tenant, {}), hold.period, amount)


def _left(hold: Hold, late: LateBooking | None) -> Decimal:
    if late is None:
        return hold.amount_usd
    if late.is_settled or (hold.is_unanswered and late.is_whole):
        return ZERO
    return max(ZERO, hold.amount_usd - late.known_usd)
