"""List prices from pydantic's genai-prices: offline, dated, by tier and by how a call was served."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from importlib.metadata import version

from genai_prices.types import ModelPrice

from schemas.outcomes import TokenUsage
from services.meter.adapters.genai_names import PriceListEntry, find_entry, provider_id
from services.meter.adapters.genai_rates import (
    PER,
    REQUEST,
    TRAITS,
    CallPrices,
    UnitPrice,
    family,
    is_covered,
)
from services.meter.domain.pricing.types import EXACT, MILLION, PricedCall, PricingContext, booked_amount
from services.meter.domain.usage.context import without_batch_tier, without_usual_values

SOURCE = "genai-prices"
CLASSES = {
    "input": "input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
    "reasoning": "output_reasoning_tokens",
}
INPUTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
OUTPUTS = ("output_tokens", "output_reasoning_tokens")
# Contexts that change the price: a value without its own price is held, since the usual price would be a
# guess.
PRICED_CONTEXT = frozenset({"service_tier", "processing", "speed", "inference_geo"})
# Groq's documentation on flex processing: its prices are those of the on-demand tier.
SAME_PRICE = frozenset({("groq", "service_tier", "flex")})
# Groq's documentation on speech to text: at least ten seconds of audio are billed for a call.
MIN_DURATION_S = {("groq", "whisper-large-v3"): Decimal(10), ("groq", "whisper-large-v3-turbo"): Decimal(10)}
# Bedrock's price depends on the region, which only the requested name holds.
REQUESTED_MODEL_FIRST = frozenset({"aws"})


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How much was used of a class or unit, with its name in Weir and its unit on the list."""

    name: str
    unit: str
    count: Decimal


class GenaiPriceList:
    """Prices calls by the list; a call without a price is held, whereas the library counts it as free."""

    def __init__(self) -> None:
        """Load the list that ships with genai-prices."""
        self._version = version("genai-prices")
        self._rates: dict[int, CallPrices] = {}

    def price(self, call: PricingContext, usage: TokenUsage) -> PricedCall:
        """Price a usage at the time of the call."""
        lines = _lines(usage)
        if lines is None:
            return PricedCall(None, reason="usage_unknown")
        entry = _entry(call)
        if entry is None:
            return PricedCall(None, reason=f"no price for {call.name}")
        rates, lacking = self._rates_of(entry, call)
        if rates is None:
            return PricedCall(None, reason=f"{entry.name} has no price for {lacking}")
        return self._listed(call, entry, rates, lines)

    def worst_case(self, call: PricingContext, input_tokens: int, output_tokens: int) -> PricedCall:
        """Price the most expensive billing of these tokens: any tier, cached or not, reasoning or not.

        Not included: service tiers that were not requested, tool calls, and media that cost more than text.
        """
        entry = _entry(call)
        if entry is None:
            return PricedCall(None, reason="no price")
        rates, lacking = self._rates_of(entry, call)
        if rates is None:
            return PricedCall(None, reason=f"{entry.name} has no price for {lacking}")
        with localcontext(EXACT):
            sides = [
                _most_expensive(rates, INPUTS, input_tokens, input_tokens),
                _most_expensive(rates, OUTPUTS, output_tokens, input_tokens),
            ]
            fee = rates.find(REQUEST)
            cost = sum(
                (side for side in sides if side is not None),
                _fee(fee.at(input_tokens)) if fee is not None else Decimal(0),
            )
        if None in sides:
            return PricedCall(None, reason=f"{entry.name} has no price on the list")
        return self._booked(call, entry, cost, {})

    def _rates_of(self, entry: PriceListEntry, call: PricingContext) -> tuple[CallPrices | None, str]:
        """Return the prices at the time and context of a call, or the part of the context without one."""
        reported = without_batch_tier(without_usual_values(call.context))
        provider = entry.provider.id
        context = {
            name: value for name, value in reported.items() if (provider, name, value) not in SAME_PRICE
        }
        for name, value in context.items():
            if name in PRICED_CONTEXT and not _varies(entry, call, context, name):
                return None, f"{name} {value}"
        prices = entry.model.get_prices(call.at, None if entry.uses_maker_prices else context)
        return (self._cached(prices) if not context else CallPrices(prices)), ""

    def _cached(self, prices: ModelPrice) -> CallPrices:
        """Cache by identity: the list has a fixed number of prices, and a cached one is never freed."""
        key = id(prices)
        rates = self._rates.get(key)
        if rates is None:
            rates = self._rates[key] = CallPrices(prices)
        return rates

    def _listed(
        self, call: PricingContext, entry: PriceListEntry, rates: CallPrices, lines: list[UnitCount]
    ) -> PricedCall:
        if not rates:
            return PricedCall(None, reason=f"{entry.name} has no price on the list")
        input_tokens = int(sum(line.count for line in lines if _is_input_tokens(line.unit)))
        cost, priced, unpriced, unit_prices = Decimal(0), list[str](), list[UnitCount](), dict[str, Decimal]()
        with localcontext(EXACT):
            for line in lines:
                rate = _rate_of(rates, line)
                if rate is None:
                    unpriced.append(line)
                    continue
                price = rate.at(input_tokens) / PER[rate.unit]
                cost += price * _billed(entry, line)
                priced.append(line.unit)
                unit_prices[line.name] = _quoted(price, line.unit)
            fee = rates.find(REQUEST)
            if fee is not None:
                unit_prices[REQUEST] = _quoted(_fee(fee.at(input_tokens)), REQUEST)
                cost += _fee(fee.at(input_tokens))
        lacking = [line.name for line in unpriced if not is_covered(line.unit, priced, rates)]
        if lacking:
            return PricedCall(None, reason=f"{entry.name} has no price for {', '.join(lacking)} on the list")
        return self._booked(call, entry, cost, unit_prices)

    def _booked(
        self, call: PricingContext, entry: PriceListEntry, cost: Decimal, unit_prices: Mapping[str, Decimal]
    ) -> PricedCall:
        amount = booked_amount(cost)
        if amount is None:
            return PricedCall(None, reason=f"{entry.name} gives an amount out of range")
        return PricedCall(amount, f"{SOURCE}:{entry.name}", self._version, call.at, unit_prices=unit_prices)


def _entry(call: PricingContext) -> PriceListEntry | None:
    """Find the list's entry by the response model, which is what is billed, else by the requested model."""
    names = [name for name in (call.response_model, call.model) if name]
    if provider_id(call.provider) in REQUESTED_MODEL_FIRST:
        names.reverse()
    return next((entry for name in names if (entry := find_entry(call.provider, name)) is not None), None)


def _is_input_tokens(unit: str) -> bool:
    return unit.endswith("_tokens") and ("direction", "input") in TRAITS.get(unit, ())


def _rate_of(rates: CallPrices, line: UnitCount) -> UnitPrice | None:
    """Return the price of a line; cache writes for an hour need their own, since a shorter one costs less."""
    if line.name == "cache_write_1h" and not rates.has_own_price(line.unit):
        return None
    return rates.find(line.unit)


def _billed(entry: PriceListEntry, line: UnitCount) -> Decimal:
    min_s = (
        MIN_DURATION_S.get((entry.provider.id, entry.model.id)) if family(line.unit) == "durations" else None
    )
    return line.count if min_s is None else max(line.count, min_s)


def _varies(entry: PriceListEntry, call: PricingContext, context: Mapping[str, str], name: str) -> bool:
    """Whether the entry has a price for this context at the time of the call."""
    if entry.uses_maker_prices:
        return False
    return any(
        name in variant.when
        and (variant.constraint is None or variant.constraint.active(call.at))
        and all(context.get(key) == value for key, value in variant.when.items())
        for variant in entry.model.price_variants or ()
    )


def _lines(usage: TokenUsage) -> list[UnitCount] | None:
    """List what was used; None as soon as a class is unknown."""
    lines: list[UnitCount] = []
    for name, unit in CLASSES.items():
        count = getattr(usage, name)
        if count is None:
            return None
        if count:
            lines.append(UnitCount(name, unit, Decimal(count)))
    lines.extend(
        UnitCount(name, f"{name}_tokens", Decimal(count)) for name, count in usage.media.items() if count
    )
    lines.extend(UnitCount(name, name, amount) for name, amount in usage.units.items() if amount)
    return lines


def _most_expensive(
    rates: CallPrices, units: tuple[str, ...], tokens: int, input_tokens: int
) -> Decimal | None:
    rated = [rates.find(unit) for unit in units]
    prices = [rate.highest(input_tokens) for rate in rated if rate is not None]
    if not prices:
        return None if tokens else Decimal(0)
    return max(prices) * tokens / MILLION


def _fee(price: Decimal) -> Decimal:
    return price / PER[REQUEST]


def _quoted(price: Decimal, unit: str) -> Decimal:
    """Return the unit price to book: for a million tokens, as providers quote it, or for one unit."""
    quoted = price * MILLION if unit.endswith("_tokens") else price
    return booked_amount(quoted) or quoted
