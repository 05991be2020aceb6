"""The port of price books: dated prices with a source, and the worst case that a reservation must cover."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Protocol

from schemas.outcomes import TokenUsage

MILLION = Decimal(1_000_000)
USD_STEP = Decimal("0.000000000001")
# No call costs more: beyond it a price or a count is wrong, and the amount would not fit its column.
MAX_CALL_USD = Decimal(10**12)
EXACT = Context(prec=64)


@dataclass(frozen=True, slots=True)
class PricedCall:
    """A cost and the source of its price; a cost of None is unknown for a `reason`, and never taken for 0."""

    cost_usd: Decimal | None
    source: str | None = None
    version: str | None = None
    valid_at: datetime | None = None
    reason: str | None = None
    unit_prices: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass(frozen=True, slots=True)
class PricingContext:
    """The inputs of a price besides the usage: tenant, model, time, and how the call was served.

    `response_model` is the model that the provider reports; `seconds` is the duration of the call.
    """

    tenant: str
    provider: str
    model: str
    at: datetime
    response_model: str | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: Decimal | None = None

    @property
    def name(self) -> str:
        """The model as price documents name it."""
        return f"{self.provider}/{self.model}"


class PriceBook(Protocol):
    """Dated prices of models."""

    def price(self, call: PricingContext, usage: TokenUsage) -> PricedCall:
        """Price a usage at the time of the call."""
        ...

    def worst_case(self, call: PricingContext, input_tokens: int, output_tokens: int) -> PricedCall:
        """Price the most expensive call with this many tokens, with or without a cache."""
        ...


def booked_amount(amount: Decimal) -> Decimal | None:
    """Round to the twelve decimal places that are stored; None for an amount beyond MAX_CALL_USD."""
    if not amount.is_finite() or abs(amount) > MAX_CALL_USD:
        return None
    return amount.quantize(USD_STEP, rounding=ROUND_HALF_EVEN, context=EXACT)
