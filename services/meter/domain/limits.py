"""Budgets and rates as arithmetic: a hard calendar month of money, and requests per minute with a burst.

The rate is read from the times of the last minute's admissions and not from a stored "next allowed" time: such a time depends on the
limit of its moment, which no event holds, and the accounts must be a fold over events alone.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Balance:
    """A budget at one moment, in USD; `held` is the worst case of calls whose cost is not known yet."""

    limit: Decimal
    captured: Decimal
    reserved: Decimal
    held: Decimal

    @property
    def available(self) -> Decimal:
        """What a new reservation may take; below 0 where calls cost more than was reserved for them."""
        return self.limit - self.captured - self.reserved - self.held

    def explain(self, asked: Decimal, period: str) -> str:
        """Show the arithmetic of a refusal."""
        return (
            f"the request may cost up to {_usd(asked)}, but {_usd(max(Decimal(0), self.available))} are left of {period}'s {_usd(self.limit)} "
            f"(spent {_usd(self.captured)}, reserved {_usd(self.reserved)}, held {_usd(self.held)}): "
            "raise monthly_usd, lower max_tokens, or wait for the next month"
        )


def _usd(amount: Decimal) -> str:
    return f"{amount.normalize():f} USD"


def month_of(at: datetime) -> str:
    """Name the budget period that a moment belongs to: its calendar month in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m")


def wait_for_rate(admitted: Sequence[float], now: float, per_minute: int, burst: int) -> float:
    """Seconds until one more request fits: at most `per_minute` in any minute, at most `burst` in the time that `burst` takes at that rate.

    `admitted` holds the times of the last minute in seconds, in order. 0 means now. A burst of 2 at 60 per minute: two at once, then none
    for 2 s.
    """
    waits = (
        _wait(admitted, now, MINUTE_S, per_minute),
        _wait(admitted, now, MINUTE_S * min(burst, per_minute) / per_minute, min(burst, per_minute)),
    )
    return max(waits)


def _wait(admitted: Sequence[float], now: float, window_s: float, limit: int) -> float:
    first = bisect_right(admitted, now - window_s)
    inside = len(admitted) - first
    return 0.0 if inside < limit else max(0.0, admitted[first + inside - limit] + window_s - now)
