"""The cost of a call by a price document, and the most that it can cost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from schemas.outcomes import TokenUsage
from schemas.prices import CURRENCY, Period, PriceDocument, Schedule, Variant
from services.meter.domain.pricing.schedules import PriceList, price_lists
from services.meter.domain.pricing.types import EXACT, MILLION, PricedCall, PricingContext, booked_amount
from services.meter.domain.usage.context import canonical_context, without_batch_tier, without_usual_values

SOURCE = "llm.prices"
# The longest timeout that a candidate of a route may have.
MAX_CALL_S = Decimal(600)
ONE = Decimal(1)
INPUT_MEDIA = ("input_", "cache_")


@dataclass(frozen=True, slots=True)
class _CostLine:
    """What a call used of one class, and the price of `per` of it; an unknown count or price is None."""

    name: str
    count: Decimal | None
    price: Decimal | None
    per: Decimal = MILLION


def document_price(document: PriceDocument, call: PricingContext, usage: TokenUsage) -> PricedCall:
    """Price a call by a document; it is held in a gap or overlap of periods, or if a used class has no price.

    1,000 fresh and 200 cached input tokens at 0.50 and 0.05, 100 output tokens at 2.00: 0.0005 + 0.00001 +
    0.0002 = 0.00071 USD.
    """
    period = _period(document, call)
    if isinstance(period, str):
        return _held(document, period)
    schedule = _schedule(period, call)
    if isinstance(schedule, str):
        return _held(document, schedule)
    prices = _price_list(schedule, _input_tokens(usage))
    return _sum(document, period, _lines(prices, call, usage))


def document_worst_case(
    document: PriceDocument, call: PricingContext, input_tokens: int, output_tokens: int
) -> PricedCall:
    """Price the most expensive call with this many tokens of text, served in any way, without units.

    Without `call.seconds` it takes MAX_CALL_S.
    """
    period = _period(document, call)
    if isinstance(period, str):
        return _held(document, period)
    schedules: tuple[Schedule, ...] = (period, *period.off_peak, *period.variants)
    reached = [
        prices
        for schedule in schedules
        for prices in price_lists(schedule)
        if prices.above_input_tokens < input_tokens
    ]
    if any(prices.is_by_unit for prices in reached):
        return _held(
            document,
            f"{document.name} is sold by the piece alone, and nobody knows before a call how many it takes",
        )
    seconds = MAX_CALL_S if call.seconds is None else call.seconds
    return _priced(
        document,
        period,
        max([prices.worst_case(input_tokens, output_tokens, seconds) for prices in reached]),
        {},
    )


def _period(document: PriceDocument, call: PricingContext) -> Period | str:
    """Return the period in force, or why there is not exactly one."""
    if document.currency != CURRENCY:
        return f"{document.name} is in {document.currency}, but all is booked in {CURRENCY}"
    periods = document.in_force(call.at)
    # A hole or overlap at another time is no reason to hold this call.
    if len(periods) == 1:
        return periods[0]
    problem = "a hole" if not periods else "an overlap"
    return f"{document.name} has {problem} in its prices at the time of the call: {document.problem()}"


def _schedule(period: Period, call: PricingContext) -> Schedule | str:
    """Choose the matching variant with the most conditions, else the off-peak hours, else the period.

    A variant may name a usual value such as `standard`; it is the price of calls that are reported with this
    value.
    """
    context = canonical_context(call.context).items()
    matching = [variant for variant in period.variants if without_batch_tier(variant.when).items() <= context]
    if matching:
        return max(matching, key=lambda variant: len(variant.when))
    problem = _unpriced_variant(period.variants, call)
    if problem is not None:
        return problem
    return next((hours for hours in period.off_peak if hours.includes(call.at)), period)


def _unpriced_variant(variants: tuple[Variant, ...], call: PricingContext) -> str | None:
    """Return the problem of a call whose context value no variant prices, though variants price its name."""
    conditions = [canonical_context(variant.when) for variant in variants]
    context = without_usual_values(call.context)
    for name in sorted({name for when in conditions for name in when}):
        value = context.get(name)
        if value is not None and value not in {when.get(name) for when in conditions}:
            return (
                f"{call.name} has prices by {name}, but none for the one that the provider reports: "
                "add a variant"
            )
    return None


def _price_list(schedule: Schedule, input_tokens: int) -> PriceList:
    reached = [prices for prices in price_lists(schedule) if prices.above_input_tokens < input_tokens]
    return max(reached, key=lambda prices: prices.above_input_tokens)


def _input_tokens(usage: TokenUsage) -> int:
    """Count the input that selects a tier; an unknown class counts 0: if it has a price, the call is held."""
    media = sum(count for name, count in usage.media.items() if name.startswith(INPUT_MEDIA))
    return (
        (usage.input or 0)
        + (usage.cache_read or 0)
        + (usage.cache_write or 0)
        + (usage.cache_write_1h or 0)
        + media
    )


def _lines(prices: PriceList, call: PricingContext, usage: TokenUsage) -> Iterator[_CostLine]:
    """Yield each class that was or may have been used; a price by time includes classes without a price."""
    yield from _token_lines(prices, usage)
    for name, count in usage.units.items():
        if count != 0 and (name in prices.units or not prices.is_timed):
            yield _CostLine(name, count, prices.units.get(name), ONE)
    if prices.is_timed:
        # A call that ended before it began was timed by a clock that was set back.
        seconds = call.seconds if call.seconds is not None and call.seconds >= 0 else None
        yield _CostLine("seconds", seconds, prices.units["seconds"], ONE)


def _token_lines(prices: PriceList, usage: TokenUsage) -> Iterator[_CostLine]:
    tokens: dict[str, int | None] = {
        "input": usage.input,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
        "cache_write_1h": usage.cache_write_1h,
        "output": usage.output,
        "reasoning": usage.reasoning,
        **usage.media,
    }
    for name, count in tokens.items():
        if count != 0 and (name in prices.tokens or not prices.is_timed):
            yield _CostLine(name, None if count is None else Decimal(count), prices.tokens.get(name))


def _sum(document: PriceDocument, period: Period, lines: Iterable[_CostLine]) -> PricedCall:
    total, unit_prices = Decimal(0), dict[str, Decimal]()
    for line in lines:
        if line.count is None:
            return _held(
                document, "the call's duration is unknown" if line.name == "seconds" else "usage_unknown"
            )
        if line.price is None:
            return _held(document, f"{document.name} names no price for {line.name}: add one (0 is a price)")
        total = EXACT.add(total, EXACT.divide(EXACT.multiply(line.count, line.price), line.per))
        unit_prices[line.name] = line.price
    return _priced(document, period, total, unit_prices)


def _priced(
    document: PriceDocument, period: Period, cost: Decimal, unit_prices: Mapping[str, Decimal]
) -> PricedCall:
    amount = booked_amount(cost)
    if amount is None:
        return _held(document, f"the price of {document.name} gives an amount out of range")
    return PricedCall(amount, SOURCE, str(document.version), period.valid_from, unit_prices=unit_prices)


def _held(document: PriceDocument, reason: str) -> PricedCall:
    return PricedCall(None, SOURCE, str(document.version), reason=reason)
