"""Names of providers and models as people, gateways and providers themselves write them."""

import gc
import tracemalloc

import pytest

from services.meter.adapters.genai_names import find_entry, provider_id


@pytest.mark.parametrize(
    ("provider", "model", "entry"),
    [
        ("OpenAI", "gpt-4o-2024-08-06", "openai/gpt-4o"),
        ("openai", "openai/gpt-4o", "openai/gpt-4o"),
        ("azure-openai", "gpt-4o", "azure/gpt-4o"),
        ("azure_ai", "gpt-35-turbo", "azure/gpt-3.5-turbo"),
        ("anthropic", "anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        (
            "bedrock",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            "aws",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "amazon",
            "arn:aws:bedrock:eu-west-1:1:inference-profile/us.amazon.nova-lite-v1:0",
            "aws/amazon.nova-lite-v1:0",
        ),
        ("", "anthropic.claude-3-haiku-20240307-v1:0", "aws/regional.anthropic.claude-3-haiku-20240307-v1:0"),
        ("google-gla", "models/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("vertex_ai", "publishers/google/models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("google-vertex", "claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5"),
        ("gemini", "google/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("mistralai", "mistral-large-latest", "mistral/mistral-large"),
        ("grok", "grok-4", "x-ai/grok-4-0709"),
        ("xai", "grok-4-0709", "x-ai/grok-4-0709"),
        (
            "together_ai",
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "together/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        ),
        ("fireworks", "llama-v3p1-8b-instruct", "fireworks/llama-v3p1-8b-instruct"),
        ("open-router", "openai/gpt-5.2-20251211", "openrouter/openai/gpt-5.2"),
        ("huggingface:nebius", "Qwen/Qwen3-32B", "huggingface_nebius/Qwen/Qwen3-32B"),
        ("litellm", "openai/gpt-4o", "openai/gpt-4o"),
        ("https://api.openai.com/v1", "gpt-4o", "openai/gpt-4o"),
        ("", "gpt-4o", "openai/gpt-4o"),
    ],
)
def test_providers_and_models_are_found_as_people_write_them(provider: str, model: str, entry: str) -> None:
    found = find_entry(provider, model)

    assert found is not None
    assert found.name == entry


@pytest.mark.parametrize(
    ("provider", "model"),
    [("", ""), ("", "nobody-knows"), ("huggingface", "Qwen/Qwen3-32B"), ("openai", ""), ("://", "gpt-4o")],
)
def test_a_name_that_tells_nothing_finds_nothing(provider: str, model: str) -> None:
    assert find_entry(provider, model) is None


def test_prices_that_a_provider_takes_from_the_maker_are_known_as_lent() -> None:
    lent, own = find_entry("azure", "gpt-4o"), find_entry("openai", "gpt-4o")

    assert lent is not None
    assert own is not None
    assert (lent.uses_maker_prices, own.uses_maker_prices) == (True, False)


@pytest.mark.slow
def test_names_that_a_provider_makes_up_are_not_kept_for_ever() -> None:
    def kept_after(first: int, count: int) -> int:
        for number in range(first, first + count):
            assert find_entry("openai", f"made-up-{number}/model-{number}@{number}:x") is None
        find_entry.cache_clear()
        provider_id.cache_clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    before, after = kept_after(10_000, 100), kept_after(20_000, 1_000)
    tracemalloc.stop()

    assert (after - before) / 1_000 < 50
