"""A limit applied to a request: its account and window, what is left of it, and the texts of a refusal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from schemas.budgets import MINUTE, Limit
from schemas.outcomes import Shortage
from schemas.requests import Claim, LimitUnit, RequestFacts
from schemas.values import ErrorFacts
from services.meter.domain.limits.rates import Rate
from services.meter.domain.limits.scopes import scope_of
from services.meter.domain.limits.windows import OPEN, LimitWindow, window_end, window_of

_ZERO = Decimal(0)
_EXCEEDED_CODES: Mapping[LimitUnit, str] = MappingProxyType(
    {
        "usd": "budget_exceeded",
        "tokens": "token_budget_exceeded",
        "requests": "request_budget_exceeded",
        "concurrency": "concurrency_exceeded",
    }
)
RATE_EXCEEDED, PRICE_UNKNOWN = "rate_limit_exceeded", "price_unknown"
# When an open request will end is unknown; a caller should wait at least so long.
CONCURRENCY_RETRY_AFTER_S = 1.0


class LimitKey(NamedTuple):
    """The balances that a limit adds up: of a tenant's scope in some windows, in one unit."""

    tenant: str
    scope: str
    windows: tuple[str, ...]
    unit: LimitUnit


class LimitBalance(NamedTuple):
    """A limit and what counts against it; `held` is the worst case of calls of unknown cost or usage."""

    limit: Decimal
    captured: Decimal
    reserved: Decimal
    held: Decimal

    @property
    def available(self) -> Decimal:
        """What may still be reserved; below 0 where calls used more than was reserved for them."""
        return self.limit - self.captured - self.reserved - self.held

    @property
    def used_ratio(self) -> Decimal:
        """The share that is captured, reserved or held; 1 for a limit of zero."""
        return (self.limit - self.available) / self.limit if self.limit else Decimal(1)


class AppliedLimit(NamedTuple):
    """A limit with the scope and the window in which a request counts under it."""

    limit: Limit
    scope: str
    window: LimitWindow

    @property
    def is_rate(self) -> bool:
        """Whether it is a rate limit."""
        return self.window.claim == MINUTE

    @property
    def rate(self) -> Rate:
        """The rate of a rate limit."""
        return Rate(int(self.limit.amount), burst_of(self.limit))

    @property
    def claim(self) -> Claim:
        """The scope and window as they are written into events."""
        return Claim(scope=self.scope, window=self.window.claim)

    def key(self, tenant: str) -> LimitKey:
        """Return what it adds up for a tenant."""
        return LimitKey(tenant, self.scope, self.window.counted, self.limit.unit)


class RateBalance(NamedTuple):
    """A rate limit at one time: used in the last minute, left now, and the wait for what is requested.

    `wait_s` is None where more is requested than the rate ever allows.
    """

    used: int
    left: int
    wait_s: float | None

    def as_balance(self, amount: Decimal) -> LimitBalance:
        """Return it as a balance of `amount`; because of the burst, less than its `available` may be left."""
        return LimitBalance(amount, Decimal(self.used), _ZERO, _ZERO)


LimitState: TypeAlias = LimitBalance | RateBalance


def applied_limit(limit: Limit, request: RequestFacts, now: datetime) -> AppliedLimit | None:
    """Apply a limit to a request; None where it does not apply."""
    scope = scope_of(limit, request)
    return AppliedLimit(limit, scope, window_of(limit, now)) if scope is not None else None


def is_exceeded(state: LimitState, limit: Limit, requested: Decimal) -> bool:
    """Whether an amount does not fit; a limit of zero is exceeded by everything, even by zero."""
    if limit.amount == _ZERO:
        return True
    return requested > state.available if isinstance(state, LimitBalance) else state.wait_s != 0


def shortage_of(applied: AppliedLimit, state: LimitState, requested: Decimal) -> Shortage:
    """Return the arithmetic of a refusal for the outcome."""
    limit = applied.limit
    if isinstance(state, RateBalance):
        state = state.as_balance(limit.amount)
    return Shortage(
        limit=limit.name,
        claim=applied.claim,
        unit=limit.unit,
        amount=limit.amount,
        captured=state.captured,
        reserved=state.reserved,
        held=state.held,
        asked=requested,
        ends_at=window_end(applied.window.claim),
    )


def refusal_of(applied: AppliedLimit, state: LimitState, requested: Decimal) -> ErrorFacts:
    """Return the error for the caller: which limit refuses, what is left of it, and what to do."""
    limit, owner = applied.limit, f"limit '{applied.limit.name}' of {applied.scope}"
    if isinstance(state, RateBalance):
        return _rate_refusal(limit, owner, state, requested)
    if applied.window.claim == OPEN:
        message = (
            f"{state.reserved} requests are open, and at most {limit.amount} may be: "
            f"wait until one has ended ({owner})"
        )
        retry_after_s = CONCURRENCY_RETRY_AFTER_S if limit.amount else None
        return ErrorFacts(code=_EXCEEDED_CODES["concurrency"], message=message, retry_after_s=retry_after_s)
    unit, window = limit.unit, applied.window.claim
    if window_end(window) is None:
        window = f"the last {limit.window}"
    left = amount_text(max(_ZERO, state.available), unit)
    message = (
        f"{_requested_text(requested, unit)}, "
        f"but {left} are left of {window}'s {amount_text(limit.amount, unit)} "
        f"(spent {amount_text(state.captured, unit)}, reserved {amount_text(state.reserved, unit)}, "
        f"held {amount_text(state.held, unit)}): {_hint(applied)} ({owner})"
    )
    return ErrorFacts(code=_EXCEEDED_CODES[unit], message=message)


def price_unknown(applied: AppliedLimit, reason: str | None) -> ErrorFacts:
    """Return the error of a request without a known price under a hard limit of money."""
    message = (
        f"limit '{applied.limit.name}' of {applied.scope} is hard, and the price is unknown ({reason}): "
        "publish one on llm.prices"
    )
    return ErrorFacts(code=PRICE_UNKNOWN, message=message)


def burst_of(limit: Limit) -> int:
    """Return the burst of a rate limit: how much may be admitted at once."""
    return limit.burst if limit.burst is not None else int(limit.amount)


def amount_text(amount: Decimal, unit: LimitUnit) -> str:
    """Write an amount with its unit."""
    name = "USD" if unit == "usd" else "requests" if unit == "concurrency" else unit
    return f"{amount.normalize():f} {name}"


def _requested_text(requested: Decimal, unit: LimitUnit) -> str:
    match unit:
        case "usd":
            return f"the request may cost up to {amount_text(requested, unit)}"
        case "tokens":
            return f"the request may take up to {amount_text(requested, unit)}"
        case _:
            return "one more request is asked for"


def _hint(applied: AppliedLimit) -> str:
    limit, ends_at = applied.limit, window_end(applied.window.claim)
    shorter = "lower max_tokens, " if limit.unit in {"usd", "tokens"} else ""
    wait = (
        f"wait until {ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if ends_at is not None
        else f"wait, since it counts the last {limit.window}"
    )
    return f"raise the limit, {shorter}or {wait}"


def _rate_refusal(limit: Limit, owner: str, state: RateBalance, requested: Decimal) -> ErrorFacts:
    rate = f"more than {limit.amount.normalize():f} {limit.unit} per minute (burst {burst_of(limit)})"
    if state.wait_s is None:
        message = (
            f"{rate}: the request alone asks for {amount_text(requested, limit.unit)}, "
            f"lower max_tokens or raise the limit ({owner})"
        )
        return ErrorFacts(code=RATE_EXCEEDED, message=message)
    message = f"{rate}: try again in {state.wait_s:.2f} s ({owner})"
    return ErrorFacts(code=RATE_EXCEEDED, message=message, retry_after_s=round(state.wait_s, 3))
