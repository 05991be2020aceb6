"""Prices booked calls again and sums up the differences."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

from schemas.outcomes import BookedAttempt, Correction
from services.meter.domain.pricing.types import PriceBook
from services.meter.domain.settlement.booking import book
from services.meter.domain.settlement.corrections import CurrentBooking, request_correction

ZERO = Decimal(0)
Kind = Literal["reprice", "settle"]


@dataclass(frozen=True, slots=True, order=True)
class RepricingKey:
    """The UTC day, tenant, provider and model of a sum."""

    day: date
    tenant: str
    provider: str
    model: str


@dataclass(slots=True)
class RepricingTotals:
    """The booked and the new cost of calls, None if no call has one.

    `left_alone` is the number of calls that have no price now and keep their cost.
    """

    lines: int = 0
    changed: int = 0
    without_price: int = 0
    old_usd: Decimal | None = None
    new_usd: Decimal | None = None

    @property
    def difference_usd(self) -> Decimal | None:
        """New minus old cost in USD, with an absent old cost as 0; None without a new cost."""
        return None if self.new_usd is None else self.new_usd - (self.old_usd or ZERO)

    def add(self, other: "RepricingTotals") -> None:
        """Add the sums of another row."""
        self.lines += other.lines
        self.changed += other.changed
        self.without_price += other.without_price
        self.old_usd = _added(self.old_usd, other.old_usd)
        self.new_usd = _added(self.new_usd, other.new_usd)


class Repricing:
    """Prices calls again: `reprice` those with a cost, `settle` those without; `held` counts the skipped."""

    def __init__(self, kind: Kind, prices: PriceBook, requested_at: datetime) -> None:
        """Price by `prices`; corrections carry the time `requested_at`."""
        self.kind: Kind = kind
        self._prices = prices
        self._requested_at = requested_at
        self._sums: dict[RepricingKey, RepricingTotals] = {}
        self.held = 0
        self.reasons: Counter[str] = Counter()

    def corrections_for(self, bookings: Iterable[CurrentBooking]) -> list[Correction]:
        """Count calls, and return the corrections of those whose cost is known now and differs."""
        corrections: list[Correction] = []
        for current in bookings:
            is_held = current.line.cost_usd is None
            if is_held != (self.kind == "settle"):
                self.held += is_held
                continue
            (fresh,) = book(self._prices, current.request.tenant, [current.line.result], self._requested_at)
            if self._count(current, fresh):
                corrections.append(request_correction(current, fresh, self._requested_at))
        return corrections

    def by_key(self) -> Sequence[tuple[RepricingKey, RepricingTotals]]:
        """The sums by day, tenant, provider and model."""
        return sorted(self._sums.items(), key=lambda pair: pair[0])

    def total(self) -> RepricingTotals:
        """The sum of all rows."""
        total = RepricingTotals()
        for sums in self._sums.values():
            total.add(sums)
        return total

    def _count(self, current: CurrentBooking, fresh: BookedAttempt) -> bool:
        old, new, result = current.line.cost_usd, fresh.cost_usd, current.line.result
        is_changed = new is not None and new != old
        key = RepricingKey(
            result.started_at.astimezone(UTC).date(), current.request.tenant, result.provider, result.model
        )
        if new is None:
            self.reasons[fresh.reason or "unknown"] += 1
        sums = RepricingTotals(1, int(is_changed), int(new is None), old, new if new is not None else old)
        self._sums.setdefault(key, RepricingTotals()).add(sums)
        return is_changed


def _added(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return first if second is None else second if first is None else first + second
