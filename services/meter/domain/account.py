"""One tenant's account: money by month, and the admissions of the last minute."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from schemas.requests import RequestFacts, Reservation
from schemas.values import Moment, Value
from schemas.verdicts import Verdict
from services.meter.domain.limits import MINUTE_S

ZERO = Decimal(0)
SHORT = 64


class OpenRequest(Value):
    """An admitted request without an outcome, with what its outcome needs."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: Moment
    expires_at: Moment

    FIELDS: ClassVar[set[str]] = {"request", "verdict", "reservation", "admitted_at", "expires_at"}


@dataclass(slots=True)
class Account:
    """What a tenant spent and set aside by month, in USD, and when its last requests were admitted."""

    name: str
    captured: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    reserved: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    _times: list[float] = field(default_factory=list[float])
    _keys: list[int] = field(default_factory=list[int])

    def note_admission(self, at: float, key: int) -> None:
        """Count an admission towards the rate, once."""
        place = bisect_left(self._times, at)
        while place < len(self._times) and self._times[place] == at:
            if self._keys[place] == key:
                return
            place += 1
        self._times.insert(place, at)
        self._keys.insert(place, key)
        self._drop_old()

    def times(self) -> list[float]:
        """List the times of admissions in order, at least those of the last minute before the newest."""
        return self._times

    def last_minute(self) -> Iterator[tuple[float, int]]:
        """List the admissions of the minute before the newest, in a fixed order."""
        if self._times:
            since = self._times[-1] - MINUTE_S
            yield from sorted(pair for pair in zip(self._times, self._keys, strict=True) if pair[0] > since)

    def _drop_old(self) -> None:
        since = self._times[-1] - MINUTE_S
        # Half of the list at a time, so that a busy tenant's list is not moved on every request.
        if len(self._times) > SHORT and self._times[len(self._times) // 2] <= since:
            count = bisect_right(self._times, since)
            del self._times[:count]
            del self._keys[:count]


def add(amounts: dict[str, Decimal], period: str, amount: Decimal) -> None:
    """Add to a month; a month without money is left out, so that equal accounts are equal."""
    total = amounts.get(period, ZERO) + amount
    if total == ZERO:
        amounts.pop(period, None)
    else:
        amounts[period] = total
