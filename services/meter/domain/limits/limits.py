"""A limit as it meets one request: whose account it is, which window counts, and the arithmetic of what is left."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from schemas.budgets import MINUTE, Limit
from schemas.outcomes import Shortage
from schemas.requests import Claim, LimitUnit, RequestFacts
from schemas.values import ErrorFacts
from services.meter.domain.accounts.account import ZERO
from services.meter.domain.limits.scopes import scope_of
from services.meter.domain.limits.windows import OPEN, LimitWindow, window_end, window_of

_CODES: Mapping[LimitUnit, str] = MappingProxyType(
    {
        "usd": "budget_exceeded",
        "tokens": "token_budget_exceeded",
        "requests": "request_budget_exceeded",
        "concurrency": "concurrency_exceeded",
    }
)
RATE_EXCEEDED, PRICE_UNKNOWN = "rate_limit_exceeded", "price_unknown"
# Nobody knows when one of the open requests ends; a second is what a caller should leave at least.
SOON_S = 1.0


class LimitBalance(NamedTuple):
    """A limit at one moment, in its unit; `held` is the worst case of calls whose cost or usage is not known yet."""

    limit: Decimal
    captured: Decimal
    reserved: Decimal
    held: Decimal

    @property
    def available(self) -> Decimal:
        """What a new reservation may take; below 0 where calls used more than was reserved for them."""
        return self.limit - self.captured - self.reserved - self.held

    @property
    def used_ratio(self) -> Decimal:
        """The share that is captured, reserved or held; 1 for a limit of zero, which is always used up."""
        return (self.limit - self.available) / self.limit if self.limit else Decimal(1)


class AppliedLimit(NamedTuple):
    """A limit with the account that a request has under it."""

    limit: Limit
    scope: str
    window: LimitWindow

    @property
    def is_rate(self) -> bool:
        """Whether it counts the last minute."""
        return self.window.claim == MINUTE

    @property
    def claim(self) -> Claim:
        """Where a request counts under it."""
        return Claim(scope=self.scope, window=self.window.claim)


class RateBalance(NamedTuple):
    """A rate at one moment: what the last minute took, what fits now, and how long what is asked has to wait (None: it never fits)."""

    used: int
    left: int
    wait_s: float | None

    def as_balance(self, amount: Decimal) -> LimitBalance:
        """Show it as an amount of which some is used; the burst may leave less."""
        return LimitBalance(amount, Decimal(self.used), ZERO, ZERO)


LimitState: TypeAlias = LimitBalance | RateBalance


def applied_limit(limit: Limit, request: RequestFacts, now: datetime) -> AppliedLimit | None:
    """Find the account of a request under a limit; None where the limit leaves it out."""
    scope = scope_of(limit, request)
    return AppliedLimit(limit, scope, window_of(limit, now)) if scope is not None else None


def is_exceeded(standing: LimitState, limit: Limit, asked: Decimal) -> bool:
    """Tell whether a limit refuses what is asked; one of zero refuses everything, also what costs nothing."""
    if limit.amount == ZERO:
        return True
    return asked > standing.available if isinstance(standing, LimitBalance) else standing.wait_s != 0


def shortage_of(applied: AppliedLimit, standing: LimitState, asked: Decimal) -> Shortage:
    """Write the arithmetic down."""
    limit = applied.limit
    if isinstance(standing, RateBalance):
        standing = standing.as_balance(limit.amount)
    return Shortage(
        limit=limit.name,
        claim=applied.claim,
        unit=limit.unit,
        amount=limit.amount,
        captured=standing.captured,
        reserved=standing.reserved,
        held=standing.held,
        asked=asked,
        ends_at=window_end(applied.window.claim),
    )


def refusal_of(applied: AppliedLimit, standing: LimitState, asked: Decimal) -> ErrorFacts:
    """Tell the caller which limit refuses, what is left of it, and the way out."""
    limit, whose = applied.limit, f"limit '{applied.limit.name}' of {applied.scope}"
    if isinstance(standing, RateBalance):
        return _rate_refusal(limit, whose, (standing, asked))
    if applied.window.claim == OPEN:
        message = f"{standing.reserved} requests are open, and at most {limit.amount} may be: wait until one has ended ({whose})"
        return ErrorFacts(
            code=_CODES["concurrency"], message=message, retry_after_s=SOON_S if limit.amount else None
        )
    left, window = amount_text(max(ZERO, standing.available), limit.unit), applied.window.claim
    if window_end(window) is None:
        window = f"the last {limit.window}"
    message = (
        f"{_asked_text(asked, limit.unit)}, but {left} are left of {window}'s {amount_text(limit.amount, limit.unit)} "
        f"(spent {amount_text(standing.captured, limit.unit)}, reserved {amount_text(standing.reserved, limit.unit)}, "
        f"held {amount_text(standing.held, limit.unit)}): {_hint(applied)} ({whose})"
    )
    return ErrorFacts(code=_CODES[limit.unit], message=message)


def price_unknown(applied: AppliedLimit, reason: str | None) -> ErrorFacts:
    """A hard limit of money cannot be promised for a price that nobody knows."""
    message = f"limit '{applied.limit.name}' of {applied.scope} is hard, and the price is unknown ({reason}): publish one on llm.prices"
    return ErrorFacts(code=PRICE_UNKNOWN, message=message)


def burst_of(limit: Limit) -> int:
    """Tell how much of a rate may come at once."""
    return limit.burst if limit.burst is not None else int(limit.amount)


def amount_text(amount: Decimal, unit: LimitUnit) -> str:
    """Write an amount with its unit."""
    return (
        f"{amount.normalize():f} {'USD' if unit == 'usd' else 'requests' if unit == 'concurrency' else unit}"
    )


def _asked_text(asked: Decimal, unit: LimitUnit) -> str:
    match unit:
        case "usd":
            return f"the request may cost up to {amount_text(asked, unit)}"
        case "tokens":
            return f"the request may take up to {amount_text(asked, unit)}"
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


def _rate_refusal(limit: Limit, whose: str, short: tuple[RateBalance, Decimal]) -> ErrorFacts:
    rate, asked = short
    what = f"more than {limit.amount.normalize():f} {limit.unit} per minute (burst {burst_of(limit)})"
    if rate.wait_s is None:
        message = f"{what}: the request alone asks for {amount_text(asked, limit.unit)}, lower max_tokens or raise the limit ({whose})"
        return ErrorFacts(code=RATE_EXCEEDED, message=message)
    message = f"{what}: try again in {rate.wait_s:.2f} s ({whose})"
    return ErrorFacts(code=RATE_EXCEEDED, message=message, retry_after_s=round(rate.wait_s, 3))
