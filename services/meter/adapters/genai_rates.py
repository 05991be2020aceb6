"""The prices of one entry of genai-prices, by what they are for: a class without a price of its own is sold as the wider class is."""

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
# Ways to measure what a model reads and says; who sells by one of them does not also sell by the others.
MEASURES = frozenset({"tokens", "characters", "durations", "document_pages"})


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A price for so many of a unit; `at` tells it for a call with so much input."""

    unit: str
    price: Decimal | TieredPrices

    def at(self, input_tokens: int) -> Decimal:
        """Choose the tier: it is reached by all input tokens together, and then holds for all of them."""
        if isinstance(self.price, Decimal):
            return self.price
        reached = [tier.price for tier in self.price.tiers if input_tokens > tier.start]
        return reached[-1] if reached else self.price.base

    def highest(self, input_tokens: int) -> Decimal:
        """Choose the dearest tier that a call with at most so much input can reach."""
        if isinstance(self.price, Decimal):
            return self.price
        return max([self.price.base, *(tier.price for tier in self.price.tiers if input_tokens > tier.start)])


class CallPrices:
    """The prices that hold for a call; looked up by the unit's name on the list."""

    def __init__(self, prices: ModelPrice) -> None:
        """Take the prices that the entry has."""
        self.prices = prices
        self._by_unit = {
            PRICES[key]: UnitPrice(PRICES[key], price)
            for key, price in vars(prices).items()
            if key in PRICES and price is not None
        }
        self._found: dict[str, UnitPrice | None] = {}

    def __bool__(self) -> bool:
        """Tell whether anything has a price; a retired or free entry has none."""
        return bool(self._by_unit)

    def find(self, unit: str) -> UnitPrice | None:
        """Find the price that is nearest: of the unit itself, else of the widest class that holds it."""
        if unit not in self._found:
            traits = TRAITS.get(unit)
            if traits is None:
                return None
            wider = [rate for key, rate in self._by_unit.items() if TRAITS[key] <= traits]
            self._found[unit] = max(wider, key=lambda rate: len(TRAITS[rate.unit]), default=None)
        return self._found[unit]

    def sells(self, unit: str) -> bool:
        """Tell whether the unit has a price of its own."""
        return unit in self._by_unit


def family(unit: str) -> str:
    """Say what a unit counts: tokens, durations, tool calls..."""
    return next((value for name, value in TRAITS.get(unit, ()) if name == "family"), unit)


def is_covered(unit: str, paid: Iterable[str], rates: CallPrices) -> bool:
    """Tell whether a unit without a price is part of what was paid: the words of a transcript sold by the hour, searches in a fee by request."""
    counted = family(unit)
    if counted == "tool_calls":
        return unit == "web_searches" and rates.sells(REQUEST)
    return counted in MEASURES and any(
        family(other) in MEASURES and family(other) != counted for other in paid
    )
