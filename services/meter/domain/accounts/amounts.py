"""Money and tokens of requests and of the calls that an event books."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from schemas.outcomes import BookedAttempt, TokenUsage
from schemas.requests import Reservation

ZERO = Decimal(0)


class Amounts(NamedTuple):
    """Money and tokens of a request or of an account."""

    usd: Decimal = ZERO
    tokens: int = 0

    def add(self, other: "Amounts") -> "Amounts":
        """Add two amounts."""
        return Amounts(self.usd + other.usd, self.tokens + other.tokens)

    def subtract_to_zero(self, other: "Amounts") -> "Amounts":
        """Subtract the other amounts; no result is below zero."""
        return Amounts(max(ZERO, self.usd - other.usd), max(0, self.tokens - other.tokens))

    def subtract(self, other: "Amounts") -> "Amounts":
        """Subtract the other amounts."""
        return Amounts(self.usd - other.usd, self.tokens - other.tokens)


NOTHING = Amounts()


class BookingTotals(NamedTuple):
    """Calls that an event books: the known amounts, the number of unknown calls and the number of all."""

    known: Amounts
    unknown: int
    calls: int


def tokens_in(usage: TokenUsage | None) -> int | None:
    """Add up all tokens of a usage; None as soon as one class is unknown."""
    if usage is None:
        return None
    total = sum(usage.media.values()) if usage.media else 0
    for count in (
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
    ):
        if count is None:
            return None
        total += count
    return total


def call_tokens(line: BookedAttempt) -> int | None:
    """Count a call's tokens: 0 if it is known to have cost nothing and reports no usage; None if unknown."""
    return 0 if line.usage is None and line.cost_status == "none" else tokens_in(line.usage)


def reserved_tokens(reservation: Reservation) -> int:
    """Return the tokens of a reservation; one without `amount_tokens` reserved those of one call."""
    amount = reservation.amount_tokens
    return (
        amount if amount is not None else reservation.estimated_input_tokens + reservation.max_output_tokens
    )


def call_amounts(line: BookedAttempt) -> Amounts:
    """Return the known amounts of a call; what is unknown counts as 0."""
    return Amounts(line.cost_usd or ZERO, call_tokens(line) or 0)


def booking_totals(lines: Iterable[BookedAttempt]) -> BookingTotals:
    """Add up the calls of an event."""
    usd, tokens, unknown, calls = ZERO, 0, 0, 0
    for line in lines:
        count, cost = call_tokens(line), line.cost_usd
        calls, unknown = calls + 1, unknown + (count is None or cost is None)
        usd, tokens = usd + (cost or ZERO), tokens + (count or 0)
    return BookingTotals(Amounts(usd, tokens), unknown, calls)
