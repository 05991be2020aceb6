"""The price book of the meter: price documents first, then the price list."""

from typing import Protocol

from schemas.outcomes import TokenUsage
from schemas.prices import PriceDocument
from services.meter.domain.pricing.documents import document_price, document_worst_case
from services.meter.domain.pricing.types import PriceBook, PricedCall, PricingContext


class PriceDocuments(Protocol):
    """The current price documents."""

    def get(self, name: str, /) -> PriceDocument | None:
        """Return the document with this name; None if there is no such document."""
        ...


class OverridingPriceBook:
    """Prices by the document `tenant:provider/model` (a contract), else `provider/model`, else the list.

    Outside of the history of a document the next source is used. A call in a hole or an overlap inside its
    history is held, since the document should have had a price there.
    """

    def __init__(self, documents: PriceDocuments, listed: PriceBook) -> None:
        """`documents` is the table of price documents, `listed` the price list."""
        self._documents = documents
        self._listed = listed

    def price(self, call: PricingContext, usage: TokenUsage) -> PricedCall:
        """Price a usage at the time of the call."""
        document = self._document(call)
        return (
            document_price(document, call, usage) if document is not None else self._listed.price(call, usage)
        )

    def worst_case(self, call: PricingContext, input_tokens: int, output_tokens: int) -> PricedCall:
        """Price the most expensive call with this many tokens."""
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
