"""Prices booked calls again, sums up the difference, and asks the meter to book it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from schemas.outcomes import BookedAttempt, Correction
from services.meter.domain.booking import book
from services.meter.domain.bookings import Bookings
from services.meter.domain.corrections import CurrentBooking, corrected
from services.meter.domain.pricing import PriceBook

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """What a difference is shown by."""

    day: date
    tenant: str
    provider: str
    model: str


@dataclass(slots=True)
class Sums:
    """What the calls of a cut cost as booked and at today's prices; `left_alone` have no price now, and keep what is booked."""

    lines: int = 0
    changed: int = 0
    left_alone: int = 0
    old_usd: Decimal = ZERO
    new_usd: Decimal = ZERO

    @property
    def difference_usd(self) -> Decimal:
        """New minus old."""
        return self.new_usd - self.old_usd

    def add(self, other: "Sums") -> None:
        """Add a cut's sums."""
        self.lines += other.lines
        self.changed += other.changed
        self.left_alone += other.left_alone
        self.old_usd += other.old_usd
        self.new_usd += other.new_usd


@dataclass(slots=True)
class Difference:
    """The difference by cut, what to ask the meter for, and which calls are out of it: those that have no cost yet."""

    cuts: dict[Cut, Sums] = field(default_factory=dict[Cut, Sums])
    wishes: list[Correction] = field(default_factory=list[Correction])
    unpriced: int = 0

    def total(self) -> Sums:
        """The sum of all cuts."""
        total = Sums()
        for sums in self.cuts.values():
            total.add(sums)
        return total

    def note(self, current: CurrentBooking, fresh: BookedAttempt, asked_at: datetime) -> None:
        """Take a call in: it is to be booked anew where it has another cost now, and one is known."""
        old, new = current.line.cost_usd, fresh.cost_usd
        is_changed = new is not None and new != old
        result = current.line.result
        cut = Cut(result.started_at.astimezone(UTC).date(), current.request.tenant, result.provider, result.model)
        old_usd = old if old is not None else ZERO
        sums = Sums(1, int(is_changed), int(new is None), old_usd, new if new is not None else old_usd)
        self.cuts.setdefault(cut, Sums()).add(sums)
        if is_changed:
            self.wishes.append(corrected(current, fresh, asked_at))


def reprice(bookings: Bookings, prices: PriceBook, asked_at: datetime) -> Difference:
    """Price every call that has a cost again; held calls are not touched, settling them is another wish."""
    difference = Difference()
    for current, fresh in _priced_again(bookings.current(), prices, asked_at):
        if current.line.cost_usd is None:
            difference.unpriced += 1
        else:
            difference.note(current, fresh, asked_at)
    return difference


def settle(bookings: Bookings, prices: PriceBook, asked_at: datetime) -> Difference:
    """Price every held call that has a price by now."""
    held = (current for current in bookings.current() if current.line.cost_usd is None)
    difference = Difference()
    for current, fresh in _priced_again(held, prices, asked_at):
        difference.note(current, fresh, asked_at)
    return difference


def sorted_cuts(difference: Difference) -> Sequence[tuple[Cut, Sums]]:
    """The cuts by day, tenant, provider and model."""
    return sorted(difference.cuts.items(), key=lambda pair: pair[0])


def _priced_again(bookings: Iterable[CurrentBooking], prices: PriceBook, now: datetime) -> Iterator[tuple[CurrentBooking, BookedAttempt]]:
    for current in bookings:
        (fresh,) = book(prices, current.request.tenant, [current.line.result], now)
        yield current, fresh
