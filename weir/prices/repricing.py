"""Prices booked calls again and sums up the difference."""

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
    """What a difference is shown by."""

    day: date
    tenant: str
    provider: str
    model: str


@dataclass(slots=True)
class RepricingTotals:
    """What the calls of a cut cost as booked and as priced now (None where none has a cost); `left_alone` have no price now, and keep theirs."""

    lines: int = 0
    changed: int = 0
    left_alone: int = 0
    old_usd: Decimal | None = None
    new_usd: Decimal | None = None

    @property
    def difference_usd(self) -> Decimal | None:
        """What is to be booked: new minus old, and all of the new where nothing had a cost; None where nothing has one now."""
        return None if self.new_usd is None else self.new_usd - (self.old_usd or ZERO)

    def add(self, other: "RepricingTotals") -> None:
        """Add a cut's sums."""
        self.lines += other.lines
        self.changed += other.changed
        self.left_alone += other.left_alone
        self.old_usd = _added(self.old_usd, other.old_usd)
        self.new_usd = _added(self.new_usd, other.new_usd)


class Repricing:
    """Prices calls again: `reprice` those that have a cost, `settle` those that have none; `held` counts the ones that repricing leaves out."""

    def __init__(self, kind: Kind, prices: PriceBook, asked_at: datetime) -> None:
        """Price by `prices`; corrections are asked for as of `asked_at`."""
        self.kind: Kind = kind
        self._prices = prices
        self._asked_at = asked_at
        self._cuts: dict[RepricingKey, RepricingTotals] = {}
        self.held = 0
        self.reasons: Counter[str] = Counter()

    def corrections_for(self, bookings: Iterable[CurrentBooking]) -> list[Correction]:
        """Take calls in, and say which corrections they need: a call is booked anew where it has another cost now, and one is known."""
        wishes: list[Correction] = []
        for current in bookings:
            is_held = current.line.cost_usd is None
            if is_held != (self.kind == "settle"):
                self.held += is_held
                continue
            (fresh,) = book(self._prices, current.request.tenant, [current.line.result], self._asked_at)
            if self._note(current, fresh):
                wishes.append(request_correction(current, fresh, self._asked_at))
        return wishes

    def by_key(self) -> Sequence[tuple[RepricingKey, RepricingTotals]]:
        """The sums by day, tenant, provider and model."""
        return sorted(self._cuts.items(), key=lambda pair: pair[0])

    def total(self) -> RepricingTotals:
        """The sum of all cuts."""
        total = RepricingTotals()
        for sums in self._cuts.values():
            total.add(sums)
        return total

    def _note(self, current: CurrentBooking, fresh: BookedAttempt) -> bool:
        old, new, result = current.line.cost_usd, fresh.cost_usd, current.line.result
        is_changed = new is not None and new != old
        cut = RepricingKey(
            result.started_at.astimezone(UTC).date(), current.request.tenant, result.provider, result.model
        )
        if new is None:
            self.reasons[fresh.reason or "unknown"] += 1
        sums = RepricingTotals(1, int(is_changed), int(new is None), old, new if new is not None else old)
        self._cuts.setdefault(cut, RepricingTotals()).add(sums)
        return is_changed


def _added(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return one if other is None else other if one is None else one + other
