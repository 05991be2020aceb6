"""What a request may use: all of its limits at once, in one decision; less than it asked for, where its tenant wants that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.budgets import BudgetDocument
from schemas.requests import Claim, RequestFacts, Reservation
from services.meter.domain.accounts.account import ZERO, month_account_key
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.limits import (
    AppliedLimit,
    LimitState,
    RateBalance,
    applied_limit,
    burst_of,
    is_exceeded,
    price_unknown,
    refusal_of,
    shortage_of,
)
from services.meter.domain.limits.rates import MINUTE_S
from services.meter.domain.limits.windows import month_of
from services.meter.domain.pricing.quotes import RouteQuote, RouteQuoter
from services.meter.domain.settlement.outcomes import AdmissionRefusedError

# What a call takes can be made less: a request and an open request cannot.
MEASURED = frozenset({"usd", "tokens"})
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class GrantedReservation:
    """What was set aside, and the names of the soft limits that it passes."""

    reservation: Reservation
    exceeded_soft_limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """A request with its tenant's terms, its route at today's prices and the longest answer that it wants."""

    request: RequestFacts
    budget: BudgetDocument
    quoter: Callable[[], RouteQuoter]
    output_tokens: int


class _LimitCheck:
    """The limits of one request as they stand at one moment."""

    def __init__(self, state: Accounts, request: RequestFacts, terms: BudgetDocument, now: datetime) -> None:
        self._state, self._tenant, self._now = state, request.tenant, now
        found = [applied_limit(limit, request, now) for limit in terms.all_limits]
        self.limits = [applied for applied in found if applied is not None]
        self.hard = [applied for applied in self.limits if applied.limit.action == "refuse"]

    def check_counted(self) -> None:
        """Keep the limits that need no prices: rates of requests, requests in a window, open requests."""
        for applied in self.hard:
            if applied.limit.unit not in MEASURED:
                standing = self._state_of(applied, ONE)
                if is_exceeded(standing, applied.limit, ONE):
                    raise AdmissionRefusedError(
                        refusal_of(applied, standing, ONE), shortage=shortage_of(applied, standing, ONE)
                    )

    def check_uncharged(self) -> None:
        """Keep the limits of what costs nothing and is never open: rates and numbers of requests, and any limit of zero."""
        for applied in self.hard:
            asked = ONE if applied.limit.unit == "requests" else ZERO
            if (applied.limit.unit == "requests" or applied.limit.amount == ZERO) and is_exceeded(
                standing := self._state_of(applied, asked), applied.limit, asked
            ):
                raise AdmissionRefusedError(
                    refusal_of(applied, standing, asked), shortage=shortage_of(applied, standing, asked)
                )

    def refusal(self, ask: RouteQuote) -> AdmissionRefusedError | None:
        """Find the first limit of money or tokens that an ask does not fit into."""
        for applied in self.hard:
            if applied.limit.unit in MEASURED:
                asked = _requested_amount(applied, ask)
                if asked is None:
                    return AdmissionRefusedError(price_unknown(applied, ask.reason))
                standing = self._state_of(applied, asked)
                if is_exceeded(standing, applied.limit, asked):
                    shortage = shortage_of(applied, standing, asked).model_copy(update={"quotes": ask.quotes})
                    return AdmissionRefusedError(refusal_of(applied, standing, asked), shortage=shortage)
        return None

    def passed(self, ask: RouteQuote) -> tuple[str, ...]:
        """List the soft limits that an ask goes beyond."""
        soft = [applied for applied in self.limits if applied.limit.action == "alert"]
        return tuple(
            applied.limit.name
            for applied in soft
            if self._is_passed(applied, _requested_amount(applied, ask))
        )

    def claims(self, period: str) -> tuple[Claim, ...]:
        """List where the request counts beside its tenant's month."""
        places = dict.fromkeys((applied.scope, applied.window.claim) for applied in self.limits)
        places.pop(month_account_key(period), None)
        return tuple(_claim(scope, window) for scope, window in places)

    def _is_passed(self, applied: AppliedLimit, asked: Decimal | None) -> bool:
        return asked is not None and is_exceeded(self._state_of(applied, asked), applied.limit, asked)

    def _state_of(self, applied: AppliedLimit, asked: Decimal) -> LimitState:
        return limit_state(self._state, self._tenant, applied, (asked, self._now))


def limit_state(
    state: Accounts, tenant: str, applied: AppliedLimit, asked: tuple[Decimal, datetime]
) -> LimitState:
    """Show how a limit stands at a moment, for what is asked of it."""
    limit, (amount, now) = applied.limit, asked
    if not applied.is_rate:
        return state.totals((tenant, applied.scope), applied.window.counted, (limit.amount, limit.unit))
    per_minute, burst = int(limit.amount), burst_of(limit)
    if per_minute == 0:
        return RateBalance(0, 0, None)
    minute = state.last_minute(tenant, applied.scope)
    at = now.timestamp()
    if limit.unit == "tokens":
        wait_s = minute.tokens_wait_s(at, (per_minute, burst), int(amount))
        return RateBalance(
            minute.tokens_since(at - MINUTE_S), minute.tokens_left(at, per_minute, burst), wait_s
        )
    used, left = minute.requests_since(at - MINUTE_S), minute.requests_left(at, per_minute, burst)
    return RateBalance(used, left, minute.requests_wait_s(at, per_minute, burst))


def reserve(state: Accounts, wish: ReservationRequest, now: datetime) -> GrantedReservation:
    """Set the worst case aside under all limits at once, or raise RefusedError with the first that is short."""
    meeting = _LimitCheck(state, wish.request, wish.budget, now)
    meeting.check_counted()
    offers = wish.quoter()
    whole = ask = offers.quote(range(len(offers.route.candidates)), wish.output_tokens)
    refusal = meeting.refusal(whole)
    if refusal is not None:
        smaller = (
            _reduced(meeting, offers, whole, wish.budget) if wish.budget.when_short == "shrink" else None
        )
        if smaller is None:
            raise refusal
        ask = smaller
    period = month_of(now)
    reservation = Reservation(
        budget=wish.request.tenant,
        period=period,
        claims=meeting.claims(period),
        amount_usd=ask.usd,
        asked_usd=whole.usd if ask is not whole else None,
        candidates=ask.candidate_indexes
        if len(ask.candidate_indexes) < len(whole.candidate_indexes)
        else None,
        amount_tokens=ask.tokens,
        estimated_input_tokens=ask.input_tokens,
        max_output_tokens=ask.output_tokens,
        quotes=ask.quotes,
        unit_price_source=ask.sources if ask.usd is not None else None,
    )
    return GrantedReservation(reservation, meeting.passed(ask))


def count_moderation(
    state: Accounts, request: RequestFacts, terms: BudgetDocument, now: datetime
) -> Reservation:
    """Count a request that nobody answers: it sets no money and no tokens aside, or raises RefusedError with the first limit that is short."""
    meeting = _LimitCheck(state, request, terms, now)
    meeting.check_uncharged()
    period = month_of(now)
    return Reservation(
        budget=request.tenant,
        period=period,
        claims=meeting.claims(period),
        amount_usd=ZERO,
        amount_tokens=0,
        estimated_input_tokens=0,
        max_output_tokens=0,
    )


def claims_of(request: RequestFacts, terms: BudgetDocument, at: datetime) -> tuple[Claim, ...]:
    """List where a request counts by the limits of today, for calls whose reservation nobody remembers."""
    found = [applied_limit(limit, request, at) for limit in terms.all_limits]
    places = dict.fromkeys(
        (applied.scope, applied.window.claim)
        for applied in found
        if applied is not None and not applied.is_rate
    )
    places.pop(month_account_key(month_of(at)), None)
    return tuple(_claim(scope, window) for scope, window in places)


def _requested_amount(applied: AppliedLimit, ask: RouteQuote) -> Decimal | None:
    """Tell what an ask is in a limit's unit; a rate counts one call, since the others come later if at all."""
    match applied.limit.unit:
        case "usd":
            return ask.usd
        case "tokens":
            return Decimal(ask.call_tokens if applied.is_rate else ask.tokens)
        case _:
            return ONE


def _reduced(
    meeting: _LimitCheck, offers: RouteQuoter, whole: RouteQuote, terms: BudgetDocument
) -> RouteQuote | None:
    """Drop the dearest candidate until the rest fits, then shorten the answer of the last one, down to the terms' floor."""
    ask = whole
    while len(ask.candidate_indexes) > 1:
        dearest = ask.most_expensive_candidate()
        ask = offers.quote(
            [place for place in ask.candidate_indexes if place != dearest], whole.output_tokens
        )
        if meeting.refusal(ask) is None:
            return ask
    return _shortened(meeting, offers, ask, terms.least_output_tokens)


def _shortened(meeting: _LimitCheck, offers: RouteQuoter, ask: RouteQuote, floor: int) -> RouteQuote | None:
    """Find the longest answer that fits by halving: a longer one never costs less."""
    if floor >= ask.output_tokens:
        return None
    best = offers.quote(ask.candidate_indexes, floor)
    if meeting.refusal(best) is not None:
        return None
    low, high = floor, ask.output_tokens - 1
    while low < high:
        middle = (low + high + 1) // 2
        tried = offers.quote(ask.candidate_indexes, middle)
        if meeting.refusal(tried) is None:
            best, low = tried, middle
        else:
            high = middle - 1
    return best


@lru_cache(maxsize=16_384)
def _claim(scope: str, window: str) -> Claim:
    return Claim(scope=scope, window=window)
