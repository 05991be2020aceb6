"""Books provider calls: a known cost is priced or estimated, an unknown one is held or unknown, never 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.answers import AttemptResult, UsageEstimate
from schemas.outcomes import BookedAttempt, CostStatus, TokenUsage
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.pricing.types import PriceBook, PricingContext
from services.meter.domain.usage.context import reported_context
from services.meter.domain.usage.normalize import normalise

MICROSECONDS = 1_000_000
# Clocks of one stack differ by less; beyond it, a call that starts after its booking was timed by a wrong
# clock.
CLOCK_TOLERANCE = timedelta(minutes=10)
# The provider refused the call or was not reached, so that it bills nothing. Any other failure may have a
# cost.
NOT_BILLED = frozenset(
    {"not_sent", "unreachable", "rate_limited", "unavailable", "configuration", "invalid_request"}
)


@dataclass(frozen=True, slots=True)
class UsedCall:
    """A tenant's call with its reported or estimated usage."""

    tenant: str
    result: AttemptResult
    usage: TokenUsage


def book(
    prices: PriceBook, tenant: str, results: Iterable[AttemptResult], now: datetime
) -> tuple[BookedAttempt, ...]:
    """Book each call once, at the price of the time when it was started."""
    distinct = {result.attempt_id: result for result in results}
    return tuple(_booked(prices, tenant, result, now) for result in distinct.values())


def cost_of(booked: Sequence[BookedAttempt]) -> Decimal | None:
    """Add up the costs; None as soon as one cost is unknown, since a sum without it would be too low."""
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
        return _priced(prices, UsedCall(tenant, result, usage), now)
    if result.state == "failed" and result.error in NOT_BILLED:
        return BookedAttempt(
            result=result,
            cost_usd=ZERO,
            cost_status="none",
            reason=f"not billed: {result.error}",
            booked_at=now,
        )
    if result.estimate is not None:
        return _estimated(_priced(prices, UsedCall(tenant, result, _estimated_usage(result.estimate)), now))
    return BookedAttempt(
        result=result, cost_status="held", reason="the provider reported no usage", booked_at=now
    )


def _estimated_usage(estimate: UsageEstimate) -> TokenUsage:
    """Count all input as fresh, since what was read from a cache is unknown."""
    return TokenUsage(
        input=estimate.input_tokens, cache_read=0, cache_write=0, output=estimate.output_tokens, reasoning=0
    )


def _estimated(line: BookedAttempt) -> BookedAttempt:
    """Mark a line as estimated, or as held where it has no price; the reason names the missing usage."""
    reason = (
        f"no usage was reported ({line.result.error or line.result.state}): "
        "counted from what was sent and what arrived"
    )
    status: CostStatus = "held" if line.cost_usd is None else "estimated"
    reasons = "; ".join(part for part in (line.reason, reason) if part)
    return line.model_copy(update={"cost_status": status, "reason": reasons})


def _priced(prices: PriceBook, used: UsedCall, now: datetime) -> BookedAttempt:
    result, usage = used.result, used.usage
    seconds = (
        Decimal((result.ended_at - result.started_at) / timedelta(microseconds=1)) / MICROSECONDS
        if result.ended_at is not None
        else None
    )
    context = reported_context(result.usage or {}, noted=result.price_context)
    call = PricingContext(
        used.tenant,
        result.provider,
        result.model,
        result.started_at,
        result.response_model,
        context,
        seconds,
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
