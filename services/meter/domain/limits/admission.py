"""Admission: reserves the worst case of a request under all limits of its tenant, or refuses it.

A budget with `when_short: shrink` grants less than was requested where the whole does not fit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.budgets import BudgetDocument
from schemas.requests import Claim, RequestFacts, Reservation
from services.meter.domain.accounts.account import month_account_key
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.limits.limits import (
    AppliedLimit,
    LimitState,
    RateBalance,
    applied_limit,
    is_exceeded,
    price_unknown,
    refusal_of,
    shortage_of,
)
from services.meter.domain.limits.rates import MINUTE_S
from services.meter.domain.limits.windows import month_of
from services.meter.domain.pricing.quotes import RouteQuote, RouteQuoter
from services.meter.domain.settlement.outcomes import AdmissionRefusedError

# The units of which a smaller quote takes less; a request is always one request.
CALL_UNITS = frozenset({"usd", "tokens"})
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class GrantedReservation:
    """A reservation, and the names of the soft limits that it exceeds."""

    reservation: Reservation
    exceeded_soft_limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """A request with its tenant's budget, the quoter of its route, and its maximum of output tokens."""

    request: RequestFacts
    budget: BudgetDocument
    quoter: Callable[[], RouteQuoter]
    output_tokens: int


class _LimitCheck:
    """The limits that apply to one request, and their state at one time."""

    def __init__(self, state: Accounts, request: RequestFacts, budget: BudgetDocument, now: datetime) -> None:
        self._state, self._tenant, self._now = state, request.tenant, now
        applicable = [applied_limit(limit, request, now) for limit in budget.all_limits]
        self.limits = [applied for applied in applicable if applied is not None]
        self.hard = [applied for applied in self.limits if applied.limit.action == "refuse"]

    def check_counts(self) -> None:
        """Check the limits that need no quote: request rates, requests in a window, concurrent requests."""
        for applied in self.hard:
            if applied.limit.unit not in CALL_UNITS:
                self._check(applied, ONE)

    def check_moderation(self) -> None:
        """Check the limits of a request that costs nothing: limits of requests, and any limit of zero."""
        for applied in self.hard:
            if applied.limit.unit == "requests":
                self._check(applied, ONE)
            elif applied.limit.amount == ZERO:
                self._check(applied, ZERO)

    def refusal(self, quote: RouteQuote) -> AdmissionRefusedError | None:
        """Return the refusal by the first hard limit of money or tokens that a quote does not fit into."""
        for applied in self.hard:
            if applied.limit.unit in CALL_UNITS:
                requested = _requested_amount(applied, quote)
                if requested is None:
                    return AdmissionRefusedError(price_unknown(applied, quote.reason))
                state = self._state_of(applied, requested)
                if is_exceeded(state, applied.limit, requested):
                    shortage = shortage_of(applied, state, requested)
                    return AdmissionRefusedError(
                        refusal_of(applied, state, requested),
                        shortage=shortage.model_copy(update={"quotes": quote.quotes}),
                    )
        return None

    def exceeded_soft_limits(self, quote: RouteQuote) -> tuple[str, ...]:
        """List the names of the soft limits that a quote exceeds."""
        soft = [applied for applied in self.limits if applied.limit.action == "alert"]
        return tuple(
            applied.limit.name
            for applied in soft
            if self._exceeds(applied, _requested_amount(applied, quote))
        )

    def claims(self, period: str) -> tuple[Claim, ...]:
        """List the accounts in which the request counts, besides its tenant's month."""
        keys = dict.fromkeys((applied.scope, applied.window.claim) for applied in self.limits)
        keys.pop(month_account_key(period), None)
        return tuple(_claim(scope, window) for scope, window in keys)

    def _check(self, applied: AppliedLimit, requested: Decimal) -> None:
        state = self._state_of(applied, requested)
        if is_exceeded(state, applied.limit, requested):
            raise AdmissionRefusedError(
                refusal_of(applied, state, requested), shortage=shortage_of(applied, state, requested)
            )

    def _exceeds(self, applied: AppliedLimit, requested: Decimal | None) -> bool:
        return requested is not None and is_exceeded(
            self._state_of(applied, requested), applied.limit, requested
        )

    def _state_of(self, applied: AppliedLimit, requested: Decimal) -> LimitState:
        return limit_state(self._state, self._tenant, applied, requested, self._now)


def limit_state(
    state: Accounts, tenant: str, applied: AppliedLimit, requested: Decimal, now: datetime
) -> LimitState:
    """Return the state of a limit; that of a rate limit has the wait for the requested amount."""
    if not applied.is_rate:
        return state.totals(applied.key(tenant), applied.limit.amount)
    if applied.limit.amount < ONE:
        return RateBalance(0, 0, None)
    rate, at = applied.rate, now.timestamp()
    admissions = state.last_minute(tenant, applied.scope)
    if applied.limit.unit == "tokens":
        wait_s = admissions.tokens_wait_s(at, rate, int(requested))
        return RateBalance(admissions.tokens_since(at - MINUTE_S), admissions.tokens_left(at, rate), wait_s)
    return RateBalance(
        admissions.requests_since(at - MINUTE_S),
        admissions.requests_left(at, rate),
        admissions.requests_wait_s(at, rate),
    )


def reserve(state: Accounts, wanted: ReservationRequest, now: datetime) -> GrantedReservation:
    """Reserve the worst case under all limits; raises AdmissionRefusedError by the first one exceeded."""
    check = _LimitCheck(state, wanted.request, wanted.budget, now)
    check.check_counts()
    quoter = wanted.quoter()
    whole = quoter.quote(range(len(quoter.route.candidates)), wanted.output_tokens)
    granted = _granted_quote(check, quoter, whole, wanted.budget)
    is_reduced = granted is not whole
    has_fewer_candidates = len(granted.candidate_indexes) < len(whole.candidate_indexes)
    period = month_of(now)
    reservation = Reservation(
        budget=wanted.request.tenant,
        period=period,
        claims=check.claims(period),
        amount_usd=granted.usd,
        asked_usd=whole.usd if is_reduced else None,
        candidates=granted.candidate_indexes if has_fewer_candidates else None,
        amount_tokens=granted.tokens,
        estimated_input_tokens=granted.input_tokens,
        max_output_tokens=granted.output_tokens,
        quotes=granted.quotes,
        unit_price_source=granted.sources if granted.usd is not None else None,
    )
    return GrantedReservation(reservation, check.exceeded_soft_limits(granted))


def count_moderation(
    state: Accounts, request: RequestFacts, budget: BudgetDocument, now: datetime
) -> Reservation:
    """Count a request without a call: its reservation is 0 USD and 0 tokens.

    Raises AdmissionRefusedError by the first limit that is exceeded.
    """
    check = _LimitCheck(state, request, budget, now)
    check.check_moderation()
    period = month_of(now)
    return Reservation(
        budget=request.tenant,
        period=period,
        claims=check.claims(period),
        amount_usd=ZERO,
        amount_tokens=0,
        estimated_input_tokens=0,
        max_output_tokens=0,
    )


def claims_of(request: RequestFacts, budget: BudgetDocument, at: datetime) -> tuple[Claim, ...]:
    """List the accounts of a request by today's limits, for calls whose reservation is no longer stored."""
    applicable = [applied_limit(limit, request, at) for limit in budget.all_limits]
    keys = dict.fromkeys(
        (applied.scope, applied.window.claim)
        for applied in applicable
        if applied is not None and not applied.is_rate
    )
    keys.pop(month_account_key(month_of(at)), None)
    return tuple(_claim(scope, window) for scope, window in keys)


def _requested_amount(applied: AppliedLimit, quote: RouteQuote) -> Decimal | None:
    """Return a quote in a limit's unit; a rate counts only the first call, since retries come later."""
    match applied.limit.unit:
        case "usd":
            return quote.usd
        case "tokens":
            return Decimal(quote.call_tokens if applied.is_rate else quote.tokens)
        case _:
            return ONE


def _granted_quote(
    check: _LimitCheck, quoter: RouteQuoter, whole: RouteQuote, budget: BudgetDocument
) -> RouteQuote:
    """Return the whole quote where it fits, else a smaller one where the budget allows that."""
    refusal = check.refusal(whole)
    if refusal is None:
        return whole
    smaller = _reduced(check, quoter, whole, budget) if budget.when_short == "shrink" else None
    if smaller is None:
        raise refusal
    return smaller


def _reduced(
    check: _LimitCheck, quoter: RouteQuoter, whole: RouteQuote, budget: BudgetDocument
) -> RouteQuote | None:
    """Drop the most expensive candidate until the rest fits, then shorten the answer of the last one."""
    quote = whole
    while len(quote.candidate_indexes) > 1:
        dropped = quote.most_expensive_candidate()
        remaining = [index for index in quote.candidate_indexes if index != dropped]
        quote = quoter.quote(remaining, whole.output_tokens)
        if check.refusal(quote) is None:
            return quote
    return _shortened(check, quoter, quote, budget.least_output_tokens)


def _shortened(
    check: _LimitCheck, quoter: RouteQuoter, quote: RouteQuote, min_output_tokens: int
) -> RouteQuote | None:
    """Find the longest answer that fits by bisection; the cost never falls with the length."""
    if min_output_tokens >= quote.output_tokens:
        return None
    best = quoter.quote(quote.candidate_indexes, min_output_tokens)
    if check.refusal(best) is not None:
        return None
    low, high = min_output_tokens, quote.output_tokens - 1
    while low < high:
        middle = (low + high + 1) // 2
        candidate = quoter.quote(quote.candidate_indexes, middle)
        if check.refusal(candidate) is None:
            best, low = candidate, middle
        else:
            high = middle - 1
    return best


@lru_cache(maxsize=16_384)
def _claim(scope: str, window: str) -> Claim:
    return Claim(scope=scope, window=window)
