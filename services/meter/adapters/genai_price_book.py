"""Prices from our own documents first, then from pydantic's genai-prices, offline and dated."""

from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version
from typing import Protocol

from genai_prices import Usage, calc_price

from schemas.documents import PriceDocument
from schemas.outcomes import TokenUsage
from services.meter.domain.pricing import Call, Priced, document_price, rounded

SOURCE = "genai-prices"


class PriceDocuments(Protocol):
    """The price documents as they are now."""

    def all(self) -> Mapping[str, PriceDocument]:
        """All by name."""
        ...


class GenaiPriceBook:
    """Our own price of `provider/model` wins from its date on; a model that nobody prices is held, also where a book says 0 for lack of a price."""

    def __init__(self, documents: PriceDocuments) -> None:
        """Take the table of our own prices."""
        self._documents = documents
        self._version = version("genai-prices")

    def price(self, call: Call, usage: TokenUsage) -> Priced:
        """The cost of these tokens at that time."""
        document = self._document(call)
        if document is not None:
            return document_price(document, usage)
        if usage.input is None or usage.output is None:
            return Priced(None, reason="usage_unknown")
        return self._listed(call, usage)

    def _document(self, call: Call) -> PriceDocument | None:
        document = self._documents.all().get(f"{call.provider}/{call.model}")
        if document is None or document.valid_from > call.at or (document.tenant is not None and document.tenant != call.tenant):
            return None
        return document

    def _listed(self, call: Call, usage: TokenUsage) -> Priced:
        cache_read, cache_write = usage.cache_read or 0, usage.cache_write or 0
        tokens = Usage(
            input_tokens=(usage.input or 0) + cache_read + cache_write,
            output_tokens=(usage.output or 0) + (usage.reasoning or 0),
            cache_read_tokens=cache_read,
            cache_write_tokens=cache_write,
        )
        try:
            found = calc_price(tokens, model_ref=call.model, provider_id=call.provider, genai_request_timestamp=call.at)
        except (LookupError, ValueError) as error:
            return Priced(None, reason=f"no price for {call.provider}/{call.model} ({type(error).__name__})")
        if found.model_price.input_mtok is None or found.model_price.output_mtok is None:
            return Priced(None, reason=f"{call.provider}/{call.model} has no token price")
        return Priced(rounded(Decimal(found.total_price)), SOURCE, self._version, call.at)
