"""Finds an entry of pydantic's genai-prices by the names of provider and model that are in use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from genai_prices.data_snapshot import DataSnapshot, find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider

# Names that the list does not know or assigns to another provider: 'azure-openai' is billed by Azure, not by
# OpenAI.
PROVIDERS = {
    "amazon": "aws",
    "gcp": "google",
    "grok": "x-ai",
    "kimi": "moonshotai",
    "open-router": "openrouter",
    "pplx": "perplexity",
    "perplexity-ai": "perplexity",
    "together": "together",
    "togetherai": "together",
    "fireworks-ai": "fireworks",
    "fireworksai": "fireworks",
    "deepseek-ai": "deepseek",
    "z-ai": "zai",
    "voyage": "voyageai",
    "zhipu": "zhipuai",
    "cerebras-ai": "cerebras",
}
RESELLERS = (("azure", "azure"), ("bedrock", "aws"), ("vertex", "google"))
HUGGING_FACE = "huggingface"
UNNAMED_PROVIDERS = frozenset({"", "litellm"})
ON_BEDROCK = re.compile(
    r"(arn:aws:|([a-z]{2,6}\.)?(anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai)\.)"
)
# Paths before a model's name in calls that are not part of its name on the list.
MODEL_PATHS = ("/models/", "foundation-model/", "inference-profile/")


@dataclass(frozen=True, slots=True)
class PriceListEntry:
    """An entry of the list; `uses_maker_prices`: the prices are the maker's, whose variants do not apply."""

    provider: Provider
    model: ModelInfo
    uses_maker_prices: bool

    @property
    def name(self) -> str:
        """The name of the entry in booked lines."""
        return f"{self.provider.id}/{self.model.id}"


@lru_cache(maxsize=4096)
def find_entry(provider_name: str, model_name: str) -> PriceListEntry | None:
    """Return the entry of a model; None if the list does not have it.

    The cache is bounded, unlike the library's own, since providers may answer with any name.
    """
    snapshot = get_snapshot()
    provider = _provider(snapshot, provider_name, model_name)
    if provider is None:
        return None
    for name in _spellings(provider.id, model_name):
        model = provider.find_model(name, all_providers=snapshot.providers)
        if model is not None:
            return PriceListEntry(provider, model, all(model is not own for own in provider.models))
    return None


@lru_cache(maxsize=256)
def provider_id(provider_name: str) -> str:
    """Return the id of a provider on the list; an unknown name is only lower-cased."""
    provider = _by_name(get_snapshot(), provider_name)
    return provider.id if provider is not None else provider_name.lower()


def _provider(snapshot: DataSnapshot, name: str, model_name: str) -> Provider | None:
    """Find a provider by its name, or by the model where it has none.

    A model of Hugging Face ends with the provider that serves it.
    """
    spelled = _normalised(name)
    if spelled in {HUGGING_FACE, "hf"}:
        return _by_name(snapshot, f"{HUGGING_FACE}-{_normalised(model_name.rpartition(':')[2])}")
    return (
        _by_name(snapshot, name)
        if spelled not in UNNAMED_PROVIDERS
        else _by_model(snapshot, model_name.lower())
    )


def _by_model(snapshot: DataSnapshot, name: str) -> Provider | None:
    """Find a provider by the prefix of a model's name, or by the models that it has."""
    prefix, slash, _ = name.partition("/")
    if slash and (named := _by_name(snapshot, prefix)) is not None:
        return named
    if ON_BEDROCK.match(name):
        return _by_name(snapshot, "aws")
    matching = (
        provider
        for provider in snapshot.providers
        if provider.model_match is not None and provider.model_match.is_match(name)
    )
    return next(matching, None)


def _by_name(snapshot: DataSnapshot, name: str) -> Provider | None:
    spelled = _normalised(name)
    listed_id = PROVIDERS.get(spelled) or next(
        (reseller for part, reseller in RESELLERS if part in spelled), None
    )
    if "://" in name:
        return next(
            (provider for provider in snapshot.providers if re.match(provider.api_pattern, name)), None
        )
    spellings = (listed_id,) if listed_id else (name.lower(), spelled)
    # Not by the snapshot's own look-up, which caches each name for ever: providers may answer with any name.
    providers = (find_provider_by_id(snapshot.providers, spelling) for spelling in spellings)
    return next((provider for provider in providers if provider is not None), None)


def _spellings(provider: str, name: str) -> Iterator[str]:
    """Yield the spellings of a model's name to look up: as it was called, then without prefix and suffix."""
    yield name
    for path in MODEL_PATHS:
        if path in f"/{name}":
            yield f"/{name}".rpartition(path)[2]
    if provider.startswith(HUGGING_FACE) and ":" in name:
        yield name.rpartition(":")[0]
    if "@" in name:
        yield name.replace("@", "-")
    prefix, slash, model = name.partition("/")
    if slash and provider_id(prefix) == provider:
        yield model
    if provider == "fireworks" and not slash:
        yield f"accounts/fireworks/models/{name}"


def _normalised(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")
