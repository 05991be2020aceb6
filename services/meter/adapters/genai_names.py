"""Finding an entry of pydantic's genai-prices by the names that people and providers write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from genai_prices.data_snapshot import DataSnapshot, find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider

# Names that the list does not know, or takes for another provider's: 'azure-openai' holds 'openai', but Azure sends the invoice.
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
# Paths, places and versions that stand around a model's name where it is called, and not in its price.
MODEL_PATHS = ("/models/", "foundation-model/", "inference-profile/")


@dataclass(frozen=True, slots=True)
class PriceListEntry:
    """An entry of the list; `is_lent` when the provider's prices are taken from the maker's, which have no other tiers here."""

    provider: Provider
    model: ModelInfo
    uses_maker_prices: bool

    @property
    def name(self) -> str:
        """The entry as booked lines name it."""
        return f"{self.provider.id}/{self.model.id}"


@lru_cache(maxsize=4096)
def find_entry(provider_name: str, model_name: str) -> PriceListEntry | None:
    """Look a model up; the library's own caches keep every name for ever, and providers may answer with any."""
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
    """Name a provider as the list does; a name that it does not know stays as it is."""
    found = _by_name(get_snapshot(), provider_name)
    return found.id if found is not None else provider_name.lower()


def _provider(snapshot: DataSnapshot, name: str, model_name: str) -> Provider | None:
    """Find the provider; Hugging Face names the one behind it after the model's name, and none at all is told by the model."""
    spelled = _plain(name)
    if spelled in {HUGGING_FACE, "hf"}:
        return _by_name(snapshot, f"{HUGGING_FACE}-{_plain(model_name.rpartition(':')[2])}")
    return (
        _by_name(snapshot, name)
        if spelled not in UNNAMED_PROVIDERS
        else _by_model(snapshot, model_name.lower())
    )


def _by_model(snapshot: DataSnapshot, name: str) -> Provider | None:
    """Tell the provider by what it calls its models, or by what stands before the name."""
    before, slash, _ = name.partition("/")
    if slash and (named := _by_name(snapshot, before)) is not None:
        return named
    if ON_BEDROCK.match(name):
        return _by_name(snapshot, "aws")
    return next(
        (one for one in snapshot.providers if one.model_match is not None and one.model_match.is_match(name)),
        None,
    )


def _by_name(snapshot: DataSnapshot, name: str) -> Provider | None:
    spelled = _plain(name)
    wanted = PROVIDERS.get(spelled) or next((listed for part, listed in RESELLERS if part in spelled), None)
    if "://" in name:
        return next((one for one in snapshot.providers if re.match(one.api_pattern, name)), None)
    spellings = (wanted,) if wanted else (name.lower(), spelled)
    # Not by the snapshot's own look-up, which keeps each name for ever: a provider names the model that answered, and may make names up.
    return next(
        (found for one in spellings if (found := find_provider_by_id(snapshot.providers, one)) is not None),
        None,
    )


def _spellings(provider: str, name: str) -> Iterator[str]:
    """Say the name as it was called, then without what stands around it."""
    yield name
    for path in MODEL_PATHS:
        if path in f"/{name}":
            yield f"/{name}".rpartition(path)[2]
    if provider.startswith(HUGGING_FACE) and ":" in name:
        yield name.rpartition(":")[0]
    if "@" in name:
        yield name.replace("@", "-")
    before, slash, after = name.partition("/")
    if slash and provider_id(before) == provider:
        yield after
    if provider == "fireworks" and not slash:
        yield f"accounts/fireworks/models/{name}"


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")
