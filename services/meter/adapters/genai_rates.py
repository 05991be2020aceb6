"""The prices of one entry of genai-prices by unit; a unit without its own price is billed as a wider one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from genai_prices.data_units import unit_data
from genai_prices.types import ModelPrice, TieredPrices

PRICES = {str(unit["price_key"]): key for key, unit in unit_data.items()}
PER = {key: int(unit["per"]) for key, unit in unit_data.items()}
TRAITS: Mapping[str, frozenset[tuple[str, str]]] = {
    key: frozenset(unit["dimensions"].items()) for key, unit in unit_data.items()
}
REQUEST = "requests"
# Measures of what a model reads and writes; a model is billed by only one of them.
MEASURES = frozenset({"tokens", "characters", "durations", "document_pages"})


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A price of a unit, perhaps tiered by the number of input tokens."""

    unit: str
    price: Decimal | TieredPrices

    def at(self, input_tokens: int) -> Decimal:
        """Return the price of a call: all its input tokens together reach a tier, which holds for all."""
        if isinstance(self.price, Decimal):
            return self.price
        reached = [tier.price for tier in self.price.tiers if input_tokens > tier.start]
        return reached[-1] if reached else self.price.base

    def highest(self, input_tokens: int) -> Decimal:
        """Return the highest price of a call with at most this many input tokens."""
        if isinstance(self.price, Decimal):
            return self.price
        return max([self.price.base, *(tier.price for tier in self.price.tiers if input_tokens > tier.start)])


class CallPrices:
    """The prices of a call, by the name of the unit on the list."""

    def __init__(self, prices: ModelPrice) -> None:
        """`prices` are those of an entry of the list."""
        self.prices = prices
        self._by_unit = {
            PRICES[key]: UnitPrice(PRICES[key], price)
            for key, price in vars(prices).items()
            if key in PRICES and price is not None
        }
        self._nearest: dict[str, UnitPrice | None] = {}

    def __bool__(self) -> bool:
        """Whether anything has a price; a retired or free entry has none."""
        return bool(self._by_unit)

    def find(self, unit: str) -> UnitPrice | None:
        """Return the price of a unit itself, else of the most specific wider unit that includes it."""
        if unit not in self._nearest:
            traits = TRAITS.get(unit)
            if traits is None:
                return None
            wider = [rate for key, rate in self._by_unit.items() if TRAITS[key] <= traits]
            self._nearest[unit] = max(wider, key=lambda rate: len(TRAITS[rate.unit]), default=None)
        return self._nearest[unit]

    def has_own_price(self, unit: str) -> bool:
        """Whether a unit has its own price."""
        return unit in self._by_unit


def family(unit: str) -> str:
    """Return the family of a unit: tokens, durations, tool calls..."""
    return next((value for name, value in TRAITS.get(unit, ()) if name == "family"), unit)


def is_covered(unit: str, priced: Iterable[str], rates: CallPrices) -> bool:
    """Whether a unit without a price is included in the others that have one.

    The words of a transcript are included in its price by the hour, web searches in a fee by request.
    """
    unit_family = family(unit)
    if unit_family == "tool_calls":
        return unit == "web_searches" and rates.has_own_price(REQUEST)
    return unit_family in MEASURES and any(
        family(other) in MEASURES and family(other) != unit_family for other in priced
    )
