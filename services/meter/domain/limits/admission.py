"""What a request may use: all of its limits at once, in one decision; less than it asked for, where its tenant wants that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.budgets import BudgetDocument
from schemas.requests import Claim, RequestFacts, Reservation
from services.meter.domain.accounts.account import ZERO, base_place
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.limits import (
    AppliedLimit,
    RateLeft,
    Standing,
    applied_limit,
    burst_of,
    is_short,
    price_unknown,
    refusal_of,
    shortage_of,
)
from services.meter.domain.limits.rates import MINUTE_S
from services.meter.domain.limits.windows import month_of
from services.meter.domain.pricing.quotes import Ask, Offers
from services.meter.domain.settlement.outcomes import RefusedError

# What a call takes can be made less: a request and an open request cannot.
MEASURED = frozenset({"usd", "tokens"})
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Grant:
    """What was set aside, and the names of the soft limits that it passes."""

    reservation: Reservation
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with its tenant's terms, its route at today's prices and the longest answer that it wants."""

    request: RequestFacts
    terms: BudgetDocument
    offers: Callable[[], Offers]
    output_tokens: int


class _Meeting:
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
                standing = self._standing(applied, ONE)
                if is_short(standing, applied.limit, ONE):
                    raise RefusedError(refusal_of(applied, standing, ONE), shortage=shortage_of(applied, standing, ONE))

    def check_uncharged(self) -> None:
        """Keep the limits of what costs nothing and is never open: rates and numbers of requests, and any limit of zero."""
        for applied in self.hard:
            asked = ONE if applied.limit.unit == "requests" else ZERO
            if (applied.limit.unit == "requests" or applied.limit.amount == ZERO) and is_short(
                standing := self._standing(applied, asked), applied.limit, asked
            ):
                raise RefusedError(refusal_of(applied, standing, asked), shortage=shortage_of(applied, standing, asked))

    def refusal(self, ask: Ask) -> RefusedError | None:
        """Find the first limit of money or tokens that an ask does not fit into."""
        for applied in self.hard:
            if applied.limit.unit in MEASURED:
                asked = _asked(applied, ask)
                if asked is None:
                    return RefusedError(price_unknown(applied, ask.reason))
                standing = self._standing(applied, asked)
                if is_short(standing, applied.limit, asked):
                    shortage = shortage_of(applied, standing, asked).model_copy(update={"quotes": ask.quotes})
                    return RefusedError(refusal_of(applied, standing, asked), shortage=shortage)
        return None

    def passed(self, ask: Ask) -> tuple[str, ...]:
        """List the soft limits that an ask goes beyond."""
        soft = [applied for applied in self.limits if applied.limit.action == "alert"]
        return tuple(applied.limit.name for applied in soft if self._is_passed(applied, _asked(applied, ask)))

    def claims(self, period: str) -> tuple[Claim, ...]:
        """List where the request counts beside its tenant's month."""
        places = dict.fromkeys((applied.scope, applied.window.claim) for applied in self.limits)
        places.pop(base_place(period), None)
        return tuple(_claim(scope, window) for scope, window in places)

    def _is_passed(self, applied: AppliedLimit, asked: Decimal | None) -> bool:
        return asked is not None and is_short(self._standing(applied, asked), applied.limit, asked)

    def _standing(self, applied: AppliedLimit, asked: Decimal) -> Standing:
        return standing_of(self._state, self._tenant, applied, (asked, self._now))


def standing_of(state: Accounts, tenant: str, applied: AppliedLimit, asked: tuple[Decimal, datetime]) -> Standing:
    """Show how a limit stands at a moment, for what is asked of it."""
    limit, (amount, now) = applied.limit, asked
    if not applied.is_rate:
        return state.standing((tenant, applied.scope), applied.window.counted, (limit.amount, limit.unit))
    per_minute, burst = int(limit.amount), burst_of(limit)
    if per_minute == 0:
        return RateLeft(0, 0, None)
    minute = state.last_minute(tenant, applied.scope)
    at = now.timestamp()
    if limit.unit == "tokens":
        wait_s = minute.tokens_wait_s(at, (per_minute, burst), int(amount))
        return RateLeft(minute.tokens_since(at - MINUTE_S), minute.tokens_left(at, per_minute, burst), wait_s)
    used, left = minute.requests_since(at - MINUTE_S), minute.requests_left(at, per_minute, burst)
    return RateLeft(used, left, minute.requests_wait_s(at, per_minute, burst))


def grant(state: Accounts, wish: Wish, now: datetime) -> Grant:
    """Set the worst case aside under all limits at once, or raise RefusedError with the first that is short."""
    meeting = _Meeting(state, wish.request, wish.terms, now)
    meeting.check_counted()
    offers = wish.offers()
    whole = ask = offers.ask(range(len(offers.route.candidates)), wish.output_tokens)
    refusal = meeting.refusal(whole)
    if refusal is not None:
        smaller = _shrunk(meeting, offers, whole, wish.terms) if wish.terms.when_short == "shrink" else None
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
        candidates=ask.places if len(ask.places) < len(whole.places) else None,
        amount_tokens=ask.tokens,
        estimated_input_tokens=ask.input_tokens,
        max_output_tokens=ask.output_tokens,
        quotes=ask.quotes,
        unit_price_source=ask.sources if ask.usd is not None else None,
    )
    return Grant(reservation, meeting.passed(ask))


def count_only(state: Accounts, request: RequestFacts, terms: BudgetDocument, now: datetime) -> Reservation:
    """Count a request that nobody answers: it sets no money and no tokens aside, or raises RefusedError with the first limit that is short."""
    meeting = _Meeting(state, request, terms, now)
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
    places = dict.fromkeys((applied.scope, applied.window.claim) for applied in found if applied is not None and not applied.is_rate)
    places.pop(base_place(month_of(at)), None)
    return tuple(_claim(scope, window) for scope, window in places)


def _asked(applied: AppliedLimit, ask: Ask) -> Decimal | None:
    """Tell what an ask is in a limit's unit; a rate counts one call, since the others come later if at all."""
    match applied.limit.unit:
        case "usd":
            return ask.usd
        case "tokens":
            return Decimal(ask.call_tokens if applied.is_rate else ask.tokens)
        case _:
            return ONE


def _shrunk(meeting: _Meeting, offers: Offers, whole: Ask, terms: BudgetDocument) -> Ask | None:
    """Drop the dearest candidate until the rest fits, then shorten the answer of the last one, down to the terms' floor."""
    ask = whole
    while len(ask.places) > 1:
        dearest = ask.dearest()
        ask = offers.ask([place for place in ask.places if place != dearest], whole.output_tokens)
        if meeting.refusal(ask) is None:
            return ask
    return _shortened(meeting, offers, ask, terms.least_output_tokens)


def _shortened(meeting: _Meeting, offers: Offers, ask: Ask, floor: int) -> Ask | None:
    """Find the longest answer that fits by halving: a longer one never costs less."""
    if floor >= ask.output_tokens:
        return None
    best = offers.ask(ask.places, floor)
    if meeting.refusal(best) is not None:
        return None
    low, high = floor, ask.output_tokens - 1
    while low < high:
        middle = (low + high + 1) // 2
        tried = offers.ask(ask.places, middle)
        if meeting.refusal(tried) is None:
            best, low = tried, middle
        else:
            high = middle - 1
    return best


@lru_cache(maxsize=16_384)
def _claim(scope: str, window: str) -> Claim:
    return Claim(scope=scope, window=window)
