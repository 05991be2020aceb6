"""Money and tokens of requests and of the calls that an event books."""

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
    """The calls of an event that no earlier event booked: known amounts, how many are unknown, and in all."""

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
