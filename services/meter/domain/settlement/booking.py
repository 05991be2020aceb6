"""Provider calls as booked lines: what is known has a price, what is not is held or unknown, never 0."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.answers import AttemptResult, UsageEstimate
from schemas.outcomes import BookedAttempt, CostStatus, TokenUsage
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.pricing.types import PriceBook, PricingContext
from services.meter.domain.usage.context import reported_context
from services.meter.domain.usage.normalize import normalise

MICROSECONDS = 1_000_000
# Clocks of one stack differ by less; a call that starts later than it is booked was timed by a clock that is wrong.
CLOCK_TOLERANCE = timedelta(minutes=10)
# The provider refused, or was never reached: it has nothing to bill. Any other failure may have cost something.
NOT_BILLED = frozenset(
    {"not_sent", "unreachable", "rate_limited", "unavailable", "configuration", "invalid_request"}
)


def book(
    prices: PriceBook, tenant: str, results: Iterable[AttemptResult], now: datetime
) -> tuple[BookedAttempt, ...]:
    """Book each call once, with its price at the time when it was started."""
    distinct = {result.attempt_id: result for result in results}
    return tuple(_booked(prices, tenant, result, now) for result in distinct.values())


def cost_of(booked: Sequence[BookedAttempt]) -> Decimal | None:
    """Sum the costs up; NULL as soon as one call's cost is not known, since a sum without it would be too low."""
    known = [line.cost_usd for line in booked if line.cost_usd is not None]
    return sum(known, ZERO) if len(known) == len(booked) else None


def _booked(prices: PriceBook, tenant: str, result: AttemptResult, now: datetime) -> BookedAttempt:
    if result.state == "unknown":
        return BookedAttempt(
            result=result,
            cost_status="unknown",
            reason="a crash left the call's result unknown",
            booked_at=now,
        )
    usage = normalise(result.provider_kind, result.usage)
    if usage is not None:
        return _priced(prices, tenant, (result, usage), now)
    if result.state == "failed" and result.error in NOT_BILLED:
        return BookedAttempt(
            result=result,
            cost_usd=ZERO,
            cost_status="none",
            reason=f"not billed: {result.error}",
            booked_at=now,
        )
    if result.estimate is not None:
        return _estimated(_priced(prices, tenant, (result, _counted(result.estimate)), now))
    return BookedAttempt(
        result=result, cost_status="held", reason="the provider reported no usage", booked_at=now
    )


def _counted(estimate: UsageEstimate) -> TokenUsage:
    """Take all input as fresh: what a cache would have saved is not known."""
    return TokenUsage(
        input=estimate.input_tokens, cache_read=0, cache_write=0, output=estimate.output_tokens, reasoning=0
    )


def _estimated(line: BookedAttempt) -> BookedAttempt:
    """Mark a line that the provider may bill otherwise; without a price it is held, and says both."""
    why = f"no usage was reported ({line.result.error or line.result.state}): counted from what was sent and what arrived"
    status: CostStatus = "held" if line.cost_usd is None else "estimated"
    return line.model_copy(
        update={"cost_status": status, "reason": "; ".join(part for part in (line.reason, why) if part)}
    )


def _priced(
    prices: PriceBook, tenant: str, used: tuple[AttemptResult, TokenUsage], now: datetime
) -> BookedAttempt:
    result, usage = used
    seconds = (
        Decimal((result.ended_at - result.started_at) / timedelta(microseconds=1)) / MICROSECONDS
        if result.ended_at is not None
        else None
    )
    context = reported_context(result.usage or {}, noted=result.price_context)
    call = PricingContext(
        tenant, result.provider, result.model, result.started_at, result.response_model, context, seconds
    )
    priced = prices.price(call, usage)
    reasons = [reason for reason in (priced.reason, _clock_problem(result.started_at, now)) if reason]
    return BookedAttempt(
        result=result,
        usage=usage,
        cost_usd=priced.cost_usd,
        cost_status="held" if priced.cost_usd is None else "priced",
        reason="; ".join(reasons) or None,
        price_source=priced.source,
        price_version=priced.version,
        price_valid_at=priced.valid_at,
        unit_prices=priced.unit_prices,
        booked_at=now,
    )


def _clock_problem(started_at: datetime, now: datetime) -> str | None:
    ahead = started_at - now
    return (
        f"started {ahead} after it was booked: one of the clocks is wrong"
        if ahead > CLOCK_TOLERANCE
        else None
    )
