"""Reservations that stay held after an outcome, because a call's cost or usage is unknown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.outcomes import Completion
from schemas.requests import Reservation
from services.meter.domain.accounts.account import AccountKey, account_keys_of
from services.meter.domain.accounts.amounts import (
    NOTHING,
    ZERO,
    Amounts,
    BookingTotals,
    call_tokens,
    reserved_tokens,
)
from services.meter.domain.limits.windows import MINUTE

# By then the windows in which a held reservation counts are over, so that no limit depends on it any more.
HELD_KEPT_S = 62 * 86_400.0


@dataclass(frozen=True, slots=True)
class HeldReservation:
    """What remains of a reservation after the known amounts of its outcome, and where it counts.

    `unknown` is the number of calls in the outcome whose cost or usage is unknown; `is_unanswered` is true
    where the outcome names no call because no answer came.
    """

    tenant: str
    account_keys: tuple[AccountKey, ...]
    amounts: Amounts
    unknown: int
    is_unanswered: bool
    since: float


@dataclass(frozen=True, slots=True)
class LateBooking:
    """What was booked after the outcome: known amounts, number of unknown and of settled calls.

    `is_answer` is true where a late answer came, which names the calls that were made.
    """

    known: Amounts
    unknown: int
    settled: int
    is_answer: bool
    at: float

    def merge(self, other: "LateBooking") -> "LateBooking":
        """Join two bookings of one request, in any order."""
        unknown, settled = self.unknown + other.unknown, self.settled + other.settled
        return LateBooking(
            self.known.add(other.known),
            unknown,
            settled,
            self.is_answer or other.is_answer,
            max(self.at, other.at),
        )


class HeldReservations:
    """Held reservations and late bookings by request; what is still held does not depend on their order."""

    def __init__(self) -> None:
        """Start empty."""
        self._held: dict[int, HeldReservation] = {}
        self._late: dict[int, LateBooking] = {}
        # By plain pairs of scope and window, see TenantAccount.
        self._sums: dict[str, dict[tuple[str, str], Amounts]] = {}

    def hold(self, key: int, reservation: HeldReservation) -> None:
        """Hold what remains of the reservation of a request."""
        self._replace(key, reservation, self._late.get(key))

    def book_late(self, key: int, late: LateBooking) -> None:
        """Add a booking that came after the outcome."""
        earlier = self._late.get(key)
        self._replace(key, self._held.get(key), late if earlier is None else earlier.merge(late))

    def total(self, tenant: str, scope: str, windows: Iterable[str]) -> Amounts:
        """Add up what is held for a tenant's scope in some windows."""
        sums, total = self._sums.get(tenant), NOTHING
        if sums:
            for window in windows:
                total = total.add(sums.get((scope, window), NOTHING))
        return total

    def held_for(self, key: int) -> HeldReservation | None:
        """Return the held reservation of a request."""
        return self._held.get(key)

    def awaits_answer(self, key: int) -> bool:
        """Whether a request was closed without an answer, and none has come since."""
        held = self._held.get(key)
        return held is not None and held.is_unanswered and key not in self._late

    def drop_old(self, newest_at: float) -> None:
        """Drop entries whose retention has ended, by the time of the newest event."""
        since = newest_at - HELD_KEPT_S
        for key, held in [entry for entry in self._held.items() if entry[1].since < since]:
            self._add(held, NOTHING.subtract(_still_held(held, self._late.get(key))))
            del self._held[key]
        for key in [key for key, late in self._late.items() if late.at < since]:
            held, late = self._held.get(key), self._late.pop(key)
            if held is not None:
                self._add(held, _still_held(held, None).subtract(_still_held(held, late)))

    def held_entries(self, newest_at: float) -> Iterator[tuple[int, HeldReservation]]:
        """List the held reservations by key, without those past their retention."""
        since = newest_at - HELD_KEPT_S
        return ((key, held) for key, held in sorted(self._held.items()) if held.since >= since)

    def late_entries(self, newest_at: float) -> Iterator[tuple[int, LateBooking]]:
        """List the late bookings by key, without those past their retention."""
        since = newest_at - HELD_KEPT_S
        return ((key, late) for key, late in sorted(self._late.items()) if late.at >= since)

    def account_keys(self, tenant: str) -> Iterator[AccountKey]:
        """List the scopes and windows in which anything is held for a tenant."""
        return (AccountKey(scope, window) for scope, window in self._sums.get(tenant, ()))

    def _replace(self, key: int, held: HeldReservation | None, late: LateBooking | None) -> None:
        before = self._held.get(key)
        if before is not None:
            self._add(before, NOTHING.subtract(_still_held(before, self._late.get(key))))
        if late is not None:
            self._late[key] = late
        if held is not None:
            self._held[key] = held
            self._add(held, _still_held(held, late))

    def _add(self, held: HeldReservation, amounts: Amounts) -> None:
        sums = self._sums.setdefault(held.tenant, {})
        for key in held.account_keys:
            total = sums.get(key, NOTHING).add(amounts)
            if total == NOTHING:
                sums.pop(key, None)
            else:
                sums[key] = total


def held_reservation(
    outcome: Completion, reservation: Reservation, booked: BookingTotals
) -> HeldReservation | None:
    """Return what to hold for calls of unknown cost or usage, so that the sums of a limit stay bounds.

    None where everything is known. Without an answer the whole reservation is held.
    """
    is_unanswered = outcome.times.answered_at is None
    is_cost_unknown = is_unanswered or any(line.cost_usd is None for line in outcome.attempts)
    is_usage_unknown = is_unanswered or any(call_tokens(line) is None for line in outcome.attempts)
    usd = (reservation.amount_usd or ZERO) if is_cost_unknown else ZERO
    tokens = reserved_tokens(reservation) if is_usage_unknown else 0
    if not (usd or tokens):
        return None
    keys = account_keys_of(reservation.period, reservation.claims)
    return HeldReservation(
        tenant=outcome.request.tenant,
        account_keys=tuple(key for key in keys if key.window != MINUTE),
        amounts=Amounts(usd, tokens).subtract_to_zero(booked.known),
        unknown=booked.unknown,
        is_unanswered=is_unanswered,
        since=outcome.completed_at.timestamp(),
    )


def _still_held(held: HeldReservation, late: LateBooking | None) -> Amounts:
    """Return the remaining amounts: nothing once all unknown calls are settled.

    Without an answer their number is unknown, until a late answer or a settlement names them.
    """
    if late is None:
        return held.amounts
    are_calls_known = late.is_answer or late.settled > 0 or not held.is_unanswered
    if are_calls_known and late.settled >= held.unknown + late.unknown:
        return NOTHING
    return held.amounts.subtract_to_zero(late.known)
