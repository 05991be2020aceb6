"""List prices from pydantic's genai-prices, offline and dated."""

from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider

from schemas.outcomes import TokenUsage
from services.meter.domain.pricing import Call, Priced, booked_amount, dearest, input_shapes

SOURCE = "genai-prices"


class GenaiPriceList:
    """A model that nobody prices is held, also where the list knows the model and has no price for the tokens that were used."""

    def __init__(self) -> None:
        """Load the list that ships with genai-prices."""
        self._version = version("genai-prices")

    def price(self, call: Call, usage: TokenUsage) -> Priced:
        """Price these tokens at that time."""
        if None in {usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning}:
            return Priced(None, reason="usage_unknown")
        found = self._entry(call)
        if found is None:
            return Priced(None, reason=f"no price for {call.name}")
        return self._listed(call, usage, found)

    def worst(self, call: Call, input_tokens: int, output_tokens: int) -> Priced:
        """Price the dearest call with so many tokens."""
        fresh, _, written = input_shapes(input_tokens, output_tokens)
        found = self._entry(call)
        if found is None:
            return Priced(None, reason="no price")
        prices = found[1].get_prices(call.at)
        shapes = [fresh] if prices.cache_write_mtok is None else [fresh, written]
        return dearest([self._listed(call, shape, found) for shape in shapes])

    def _entry(self, call: Call) -> tuple[Provider, ModelInfo] | None:
        """Find the list's entry: what the provider says it ran is what it bills, so this comes before the name we asked for."""
        answered = _find(call.provider, call.response_model) if call.response_model else None
        return answered or _find(call.provider, call.model)

    def _listed(self, call: Call, usage: TokenUsage, found: tuple[Provider, ModelInfo]) -> Priced:
        provider, model = found
        cache_read, cache_write = usage.cache_read or 0, usage.cache_write or 0
        tokens_in, tokens_out = (usage.input or 0) + cache_read + cache_write, (usage.output or 0) + (usage.reasoning or 0)
        if _lacks_price(model.get_prices(call.at), tokens_in, tokens_out):
            return Priced(None, reason=f"{provider.id}/{model.id} has no token price on the list")
        tokens = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cache_read, cache_write_tokens=cache_write)
        try:
            cost = model.calc_price(tokens, provider, genai_request_timestamp=call.at).total_price
        except ValueError as error:
            return Priced(None, reason=f"{provider.id}/{model.id} cannot be priced ({type(error).__name__})")
        amount = booked_amount(Decimal(cost))
        if amount is None:
            return Priced(None, reason=f"{provider.id}/{model.id} gives an amount out of range")
        return Priced(amount, f"{SOURCE}:{provider.id}/{model.id}", self._version, call.at)


def _lacks_price(prices: ModelPrice, tokens_in: int, tokens_out: int) -> bool:
    """Tell whether the list would take tokens that it has no price for as free: its sum is 0 for a retired model."""
    has_none = prices.input_mtok is None and prices.output_mtok is None
    return has_none or (prices.input_mtok is None and tokens_in > 0) or (prices.output_mtok is None and tokens_out > 0)


@lru_cache(maxsize=4096)
def _find(provider_name: str, model_name: str) -> tuple[Provider, ModelInfo] | None:
    """Look a model up; the library's own caches keep every name for ever, and providers may answer with any."""
    snapshot = get_snapshot()
    try:
        provider = snapshot.find_provider(None, provider_name, None)
    except LookupError:
        return None
    model = provider.find_model(model_name, all_providers=snapshot.providers)
    return (provider, model) if model is not None else None
