"""Provider dialects: a kind of a provider is a declared one, also of a plug-in."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.providers import PROVIDER_DIALECTS, ProviderDialect, ProviderKind, known_dialect

KIND = TypeAdapter[str](ProviderKind)


def test_every_declared_dialect_is_a_kind_of_provider_and_says_what_it_is() -> None:
    assert [KIND.validate_python(kind) for kind in PROVIDER_DIALECTS] == list(PROVIDER_DIALECTS)
    assert all(dialect.meaning for dialect in PROVIDER_DIALECTS.values())


def test_an_unknown_dialect_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no provider dialect 'gopher'; known: openai, anthropic; others"):
        known_dialect("gopher")
    with pytest.raises(ValidationError, match="no provider dialect 'gopher'"):
        KIND.validate_python("gopher")


def test_a_dialect_of_a_plug_in_is_known_while_the_plug_in_is_loaded() -> None:
    PROVIDER_DIALECTS.declare(ProviderDialect("gopher", "a protocol of the past"), "acme")
    try:
        assert KIND.validate_python("gopher") == "gopher"
    finally:
        PROVIDER_DIALECTS.withdraw("acme")

    with pytest.raises(ValueError, match="gopher"):
        known_dialect("gopher")
