"""A provider dialect: Acme's gateway takes OpenAI's bodies under another path, with a header of its own."""

from collections.abc import Mapping

from weir.plugins.providers import OpenAIDialect, ProviderAddress, ProviderDialect, ProviderPlugin


class EchoDialect(OpenAIDialect):
    """OpenAI's chat completions at `/generate`; the key is sent as `X-Acme-Key`."""

    kind = "echo"
    path = "/generate"

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """The header with the key."""
        if address.api_key is None:
            return {}
        return {"X-Acme-Key": address.api_key.get_secret_value()}


PROVIDER = ProviderPlugin(ProviderDialect("echo", "Acme's gateway"), EchoDialect)
