"""One tenant's account: what counts in each scope and window, and the admissions of the last minute."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from sys import intern
from typing import TypeAlias

from schemas.bounds import Moment
from schemas.outcomes import TokenUsage
from schemas.requests import Claim, RequestFacts, Reservation
from schemas.values import Value
from schemas.verdicts import Verdict
from services.meter.domain.limits.rates import RateWindow
from services.meter.domain.limits.windows import AT_ONCE, TENANT

ZERO = Decimal(0)
AccountKey: TypeAlias = tuple[str, str]
"""A scope and a window."""


class OpenRequest(Value):
    """An admitted request without an outcome, with what its outcome needs."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: Moment
    expires_at: Moment


@dataclass(slots=True, eq=False)
class WindowBalance:
    """What counts in one scope and window: captured and reserved USD and tokens, requests that ended and requests that are open."""

    scope: str
    window: str
    usd: Decimal = ZERO
    tokens: int = 0
    requests: int = 0
    reserved_usd: Decimal = ZERO
    reserved_tokens: int = 0
    open: int = 0

    def reserve(self, usd: Decimal, tokens: int) -> None:
        """Open a request here."""
        self.reserved_usd += usd
        self.reserved_tokens += tokens
        self.open += 1

    def release(self, usd: Decimal, tokens: int) -> None:
        """Take back what was reserved for a request."""
        self.reserved_usd -= usd
        self.reserved_tokens -= tokens
        self.open -= 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing counts here; such a cell is left out, so that equal accounts are equal."""
        return not (
            self.open or self.requests or self.tokens or self.usd or self.reserved_usd or self.reserved_tokens
        )


@dataclass(slots=True, eq=False)
class TenantAccount:
    """What a tenant used and set aside, by scope and window, and when its last requests were admitted, by scope."""

    name: str
    cells: dict[AccountKey, WindowBalance] = field(default_factory=dict[AccountKey, WindowBalance])
    minutes: dict[str, RateWindow] = field(default_factory=dict[str, RateWindow])

    def cell(self, place: AccountKey) -> WindowBalance:
        """Find a cell, or open it."""
        cell = self.cells.get(place)
        if cell is None:
            scope, window = intern(place[0]), intern(place[1])
            cell = self.cells[scope, window] = WindowBalance(scope, window)
        return cell

    def capture(self, places: Iterable[AccountKey], usd: Decimal, tokens: int, requests: int = 0) -> None:
        """Count what was used; open requests and rates are no sums over time."""
        for place in places:
            if place[1] in AT_ONCE:
                continue
            cell = self.cell(place)
            cell.usd += usd
            cell.tokens += tokens
            cell.requests += requests
            if not requests:
                self.drop_if_empty(cell)

    def drop_if_empty(self, cell: WindowBalance) -> None:
        """Leave a cell out in which nothing counts any more."""
        if not cell.requests and cell.is_empty:
            self.cells.pop((cell.scope, cell.window), None)

    def note_admission(self, scope: str, admission: tuple[float, int], tokens: int) -> None:
        """Count an admission (its time, its key) towards the rates of a scope, once."""
        minute = self.minutes.get(scope)
        if minute is None:
            minute = self.minutes[intern(scope)] = RateWindow()
        minute.note(*admission, tokens)


def month_account_key(period: str) -> AccountKey:
    """Name the tenant's own month, in which everything counts."""
    return (TENANT, period)


def account_keys_of(period: str, claims: Iterable[Claim]) -> tuple[AccountKey, ...]:
    """List where an amount counts: the tenant's month first."""
    return ((TENANT, period), *[(claim.scope, claim.window) for claim in claims])


def tokens_in(usage: TokenUsage | None) -> int | None:
    """Add up all tokens of a call; None as soon as one class is unknown."""
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
