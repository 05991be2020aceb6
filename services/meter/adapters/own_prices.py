"""Our own prices first, then the list's: the price book that the meter asks."""

from typing import Protocol

from schemas.outcomes import TokenUsage
from schemas.prices import PriceDocument
from services.meter.domain.pricing.documents import document_price, document_worst_case
from services.meter.domain.pricing.types import PriceBook, PricedCall, PricingContext


class PriceDocuments(Protocol):
    """The price documents as they are now."""

    def get(self, name: str, /) -> PriceDocument | None:
        """Find a document by its name."""
        ...


class OverridingPriceBook:
    """Our own price wins while its history lasts: of `tenant:provider/model` (a contract), then of `provider/model`, then the list price.

    Before the first period and after the end of the last one the next in this order is asked; a hole or an overlap inside the history is
    held, since a price was meant to be there.
    """

    def __init__(self, documents: PriceDocuments, listed: PriceBook) -> None:
        """Take the table of our own prices, and the list."""
        self._documents = documents
        self._listed = listed

    def price(self, call: PricingContext, usage: TokenUsage) -> PricedCall:
        """Price these tokens at that time."""
        document = self._document(call)
        return (
            document_price(document, call, usage) if document is not None else self._listed.price(call, usage)
        )

    def worst_case(self, call: PricingContext, input_tokens: int, output_tokens: int) -> PricedCall:
        """Price the dearest call with so many tokens."""
        document = self._document(call)
        if document is None:
            return self._listed.worst_case(call, input_tokens, output_tokens)
        return document_worst_case(document, call, input_tokens, output_tokens)

    def _document(self, call: PricingContext) -> PriceDocument | None:
        for name in (f"{call.tenant}:{call.name}", call.name):
            document = self._documents.get(name)
            if document is not None and document.tenant in {None, call.tenant} and document.spans(call.at):
                return document
        return None
