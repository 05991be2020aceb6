"""Families of models: by the model's own name, whatever the provider."""

import pytest

from services.meter.domain.tokens.families import family_of, max_token_count


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o", "openai o200k"),
        ("router/openai/gpt-4o-mini", "openai o200k"),
        ("azure/ft:gpt-4o:acme", "openai o200k"),
        ("openai/gpt-4-turbo", "openai cl100k"),
        ("google/gemini-2.5-pro", "gemini"),
        ("local/never-heard-of", "other"),
    ],
)
def test_a_family_follows_from_the_models_own_name(model: str, family: str) -> None:
    assert family_of(model).name == family


@pytest.mark.parametrize("text", ["", "plain words", "A1B2C3", "日本語", "aaaaaaaaaaaa"])
def test_no_bound_is_above_the_bytes_of_a_text(text: str) -> None:
    assert max_token_count(family_of("local/m"), text, len) <= len(text.encode())
