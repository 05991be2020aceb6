"""One tenant's account: the balance of each scope and window, and the admissions of the last minute."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from sys import intern
from typing import NamedTuple

from schemas.bounds import Moment
from schemas.requests import Claim, RequestFacts, Reservation
from schemas.values import Value
from schemas.verdicts import Verdict
from services.meter.domain.accounts.amounts import ZERO, Amounts
from services.meter.domain.accounts.dedup import DEDUP_WINDOW_S
from services.meter.domain.limits.rates import RateWindow
from services.meter.domain.limits.windows import TENANT, UNSUMMED_WINDOWS, kept_until


class AccountKey(NamedTuple):
    """The scope and the window in which an amount counts."""

    scope: str
    window: str


class OpenRequest(Value):
    """An admitted request without an outcome, with what its outcome needs."""

    request: RequestFacts
    verdict: Verdict
    reservation: Reservation
    admitted_at: Moment
    expires_at: Moment


@dataclass(slots=True, eq=False)
class WindowBalance:
    """What counts in one scope and window: captured and reserved USD and tokens, ended and open requests."""

    scope: str
    window: str
    usd: Decimal = ZERO
    tokens: int = 0
    requests: int = 0
    reserved_usd: Decimal = ZERO
    reserved_tokens: int = 0
    open: int = 0

    @property
    def key(self) -> AccountKey:
        """The scope and the window."""
        return AccountKey(self.scope, self.window)

    def reserve(self, usd: Decimal, tokens: int) -> None:
        """Reserve for one more open request."""
        self.reserved_usd += usd
        self.reserved_tokens += tokens
        self.open += 1

    def release(self, usd: Decimal, tokens: int) -> None:
        """Take back the reservation of a request that is closed."""
        self.reserved_usd -= usd
        self.reserved_tokens -= tokens
        self.open -= 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing counts here; an empty balance is not stored, so that equal accounts are equal."""
        return not (
            self.open or self.requests or self.tokens or self.usd or self.reserved_usd or self.reserved_tokens
        )


@dataclass(slots=True, eq=False)
class TenantAccount:
    """What a tenant used and reserved by scope and window, and its latest admissions by scope."""

    name: str
    # By plain pairs of scope and window: to build an AccountKey takes longer than the look-up.
    balances: dict[tuple[str, str], WindowBalance] = field(
        default_factory=dict[tuple[str, str], WindowBalance]
    )
    rate_windows: dict[str, RateWindow] = field(default_factory=dict[str, RateWindow])

    def balance(self, scope: str, window: str) -> WindowBalance:
        """Return the balance of a scope and window, and create it if it does not exist."""
        balance = self.balances.get((scope, window))
        if balance is None:
            scope, window = intern(scope), intern(window)
            balance = self.balances[scope, window] = WindowBalance(scope, window)
        return balance

    def stored_balances(self, scope: str, windows: Iterable[str]) -> list[WindowBalance]:
        """List the balances that exist of a scope in some windows."""
        return [balance for window in windows if (balance := self.balances.get((scope, window))) is not None]

    def capture(self, period: str, claims: Iterable[Claim], used: Amounts, requests: int = 0) -> None:
        """Count what was used, and requests that ended, in the tenant's month and under claims."""
        for scope, window in [(TENANT, period), *[(claim.scope, claim.window) for claim in claims]]:
            # Open requests and rates are no sums over time.
            if window in UNSUMMED_WINDOWS:
                continue
            balance = self.balance(scope, window)
            balance.usd += used.usd
            balance.tokens += used.tokens
            balance.requests += requests
            if not requests:
                self.drop_if_empty(balance)

    def drop_if_empty(self, balance: WindowBalance) -> None:
        """Remove a balance in which nothing counts any more."""
        if not balance.requests and balance.is_empty:
            self.balances.pop((balance.scope, balance.window), None)

    def drop_old(self, newest_at: float) -> None:
        """Remove balances and admissions whose retention has ended, by the time of the newest event."""
        for key, balance in list(self.balances.items()):
            if not balance.open and kept_until(*key) < newest_at:
                del self.balances[key]
        for scope, rate_window in list(self.rate_windows.items()):
            if rate_window.times[-1] < newest_at - DEDUP_WINDOW_S:
                del self.rate_windows[scope]

    def note_admission(self, scope: str, at: float, record_key: int, tokens: int) -> None:
        """Count an admission towards the rates of a scope, once for each record."""
        rate_window = self.rate_windows.get(scope)
        if rate_window is None:
            rate_window = self.rate_windows[intern(scope)] = RateWindow()
        rate_window.note(at, record_key, tokens)


def month_account_key(period: str) -> AccountKey:
    """Return the key of the tenant's month, in which everything counts."""
    return AccountKey(TENANT, period)


def account_keys_of(period: str, claims: Iterable[Claim]) -> tuple[AccountKey, ...]:
    """List where an amount counts: the tenant's month first."""
    return (AccountKey(TENANT, period), *[AccountKey(claim.scope, claim.window) for claim in claims])
