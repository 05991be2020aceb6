"""What a package imports to add a provider dialect is enough to write one that reads replies and errors."""

from datetime import UTC, datetime

import pytest

import weir.plugins.providers as offered

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class ParrotDialect(offered.OpenAIDialect):
    """OpenAI's API under another path."""

    kind = "parrot"
    path = "/talk"


PLUGIN = offered.ProviderPlugin(offered.ProviderDialect("parrot", "repeats"), ParrotDialect)


def test_a_dialect_written_with_these_names_is_one_for_the_router() -> None:
    dialect: offered.Dialect = PLUGIN.dialect()

    assert (dialect.kind, dialect.path) == ("parrot", "/talk")
    assert isinstance(dialect.new_stream(), offered.OpenAIStream)


def test_an_error_of_its_provider_is_read_as_of_any_other() -> None:
    reply = offered.HttpReply(
        429, {"retry-after": ("7",), "retry-after-ms": ()}, b'{"error": {"message": "slow down"}}'
    )

    with pytest.raises(offered.ProviderError) as refused:
        PLUGIN.dialect().read(reply, NOW)

    assert (refused.value.kind, refused.value.retry_after_s) == ("rate_limited", 7)


def test_every_name_that_is_offered_is_there_once() -> None:
    assert len(set(offered.__all__)) == len(offered.__all__)
    assert [name for name in offered.__all__ if not hasattr(offered, name)] == []
