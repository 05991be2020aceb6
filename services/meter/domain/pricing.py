"""What a call costs: prices as dated facts with a source, and the worst case that a reservation must cover."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from typing import Protocol

from schemas.documents import Candidate, PriceDocument
from schemas.outcomes import TokenUsage

MILLION = Decimal(1_000_000)
CENT_OF_A_PICO = Decimal("0.000000000001")
EXACT = Context(prec=38)


@dataclass(frozen=True, slots=True)
class Priced:
    """A cost with where it comes from; `cost_usd` None has a `reason`, and is held, never taken for 0."""

    cost_usd: Decimal | None
    source: str | None = None
    version: str | None = None
    valid_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Who was called, for whom, and when: what a price depends on beside the tokens."""

    tenant: str
    provider: str
    model: str
    at: datetime


class PriceBook(Protocol):
    """Dated prices of models."""

    def price(self, call: Call, usage: TokenUsage) -> Priced:
        """The cost of these tokens at that time."""
        ...


def rounded(amount: Decimal) -> Decimal:
    """Twelve places, as the table store keeps them."""
    return amount.quantize(CENT_OF_A_PICO, rounding=ROUND_HALF_EVEN, context=EXACT)


def document_price(document: PriceDocument, usage: TokenUsage) -> Priced:
    """The cost by one of our own prices, in USD per million tokens; reasoning is sold as output.

    1,000 fresh and 200 cached input tokens at 0.50 and 0.05, 100 output tokens at 2.00: 0.0005 + 0.00001 + 0.0002 = 0.00071 USD.
    """
    input_price, output_price = document.input_usd_per_mtok, document.output_usd_per_mtok
    lines = (
        (usage.input, input_price),
        (usage.cache_read, document.cache_read_usd_per_mtok if document.cache_read_usd_per_mtok is not None else input_price),
        (usage.cache_write, document.cache_write_usd_per_mtok if document.cache_write_usd_per_mtok is not None else input_price),
        (usage.output, output_price),
        (usage.reasoning, output_price),
    )
    cost = Decimal(0)
    for tokens, price in lines:
        if tokens is None or price is None:
            return Priced(None, reason="usage_unknown" if tokens is None else "price_unknown")
        cost += tokens * price
    return Priced(rounded(cost / MILLION), "llm.prices", str(document.version), document.valid_from)


def ceiling(book: PriceBook, calls: Iterable[tuple[Candidate, Call]], input_tokens: int, output_tokens: int) -> Priced:
    """The most that a route can cost: every candidate may be called as often as its retries allow, and each call may be billed."""
    total, source = Decimal(0), None
    for candidate, call in calls:
        usage = TokenUsage(input=input_tokens, cache_read=0, cache_write=0, output=output_tokens, reasoning=0)
        one = book.price(call, usage)
        if one.cost_usd is None:
            return Priced(None, reason=f"{one.reason}: {candidate.provider}/{candidate.model}")
        total += one.cost_usd * candidate.max_attempts
        source = source or one.source
    return Priced(total.quantize(CENT_OF_A_PICO, rounding=ROUND_UP, context=EXACT), source)
