"""Entries of the price list and calls to price, for tests."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider

from schemas.outcomes import TokenUsage
from services.meter.adapters.genai_names import find_entry
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.pricing.types import PricingContext

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = GenaiPriceList()
CONTEXTS = (
    {},
    {"service_tier": "flex"},
    {"service_tier": "priority"},
    {"processing": "batch"},
    {"speed": "fast"},
)


def call(
    provider: str, model: str, at: datetime = AT, context: Mapping[str, str] | None = None
) -> PricingContext:
    return PricingContext("acme", provider, model, at, context=context or {})


def usage(**fields: object) -> TokenUsage:
    return TokenUsage.model_validate(
        {"input": 0, "cache_read": 0, "cache_write": 0, "output": 0, "reasoning": 0, **fields}
    )


def entries() -> Iterator[tuple[Provider, ModelInfo]]:
    return ((provider, model) for provider in get_snapshot().providers for model in provider.models)


ENTRIES = [
    (provider, model)
    for provider, model in entries()
    if (entry := find_entry(provider.id, model.id)) is not None and entry.model is model
]
