"""What a request asks for: the worst case of each candidate that may be called, in money and in tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.documents import RouteDocument
from schemas.requests import Quote
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.pricing.types import PriceBook, PricingContext


class RouteQuote(NamedTuple):
    """Some candidates of a route, each called as often as its retries allow and each call billed: all the money and tokens of it.

    `usd` is None as soon as one price is unknown, and `reason` says why. Not in it: calls repeated after a crash of the router, a token
    count beyond the estimate, and a price or route that changes before the call.
    """

    candidate_indexes: tuple[int, ...]
    output_tokens: int
    quotes: tuple[Quote, ...]
    usd: Decimal | None
    tokens: int
    reason: str | None

    @property
    def call_tokens(self) -> int:
        """How many tokens one call may take, which is what counts towards a rate."""
        return self.input_tokens + self.output_tokens

    @property
    def input_tokens(self) -> int:
        """How many tokens are sent at most."""
        return max(quote.input_tokens for quote in self.quotes)

    @property
    def sources(self) -> str:
        """Where the prices come from."""
        return ", ".join(dict.fromkeys(quote.price_source or "" for quote in self.quotes))

    def most_expensive_candidate(self) -> int:
        """Find the place of the candidate that asks for most; one without a price before all others."""
        costs = {
            place: quote.cost_usd for place, quote in zip(self.candidate_indexes, self.quotes, strict=True)
        }
        unpriced = next((place for place in reversed(self.candidate_indexes) if costs[place] is None), None)
        return (
            unpriced
            if unpriced is not None
            else max(reversed(self.candidate_indexes), key=lambda place: costs[place] or ZERO)
        )


@dataclass(frozen=True, slots=True)
class RouteQuoter:
    """The route of a request with the prices of the day, and what its input takes at each candidate."""

    prices: PriceBook
    tenant: str
    route: RouteDocument
    input_tokens: Sequence[int]
    now: datetime

    def quote(self, places: Sequence[int], output_tokens: int) -> RouteQuote:
        """Quote these candidates for answers of that length."""
        quotes: list[Quote] = []
        usd, tokens, reason = ZERO, 0, None
        for place in places:
            quote, problem = self._quote(place, output_tokens)
            quotes.append(quote)
            reason = reason or problem
            usd += quote.cost_usd or ZERO
            tokens += quote.calls * (quote.input_tokens + quote.output_tokens)
        return RouteQuote(
            tuple(places), output_tokens, tuple(quotes), usd if reason is None else None, tokens, reason
        )

    def _quote(self, place: int, output_tokens: int) -> tuple[Quote, str | None]:
        candidate, input_tokens = self.route.candidates[place], self.input_tokens[place]
        # A model that is sold by the second costs as long as it may take.
        call = PricingContext(
            self.tenant,
            candidate.provider,
            candidate.model,
            self.now,
            seconds=Decimal(str(candidate.timeout_s)),
        )
        worst = self.prices.worst_case(call, input_tokens, output_tokens)
        quote = Quote(
            provider=candidate.provider,
            model=candidate.model,
            calls=candidate.max_attempts,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=worst.cost_usd * candidate.max_attempts if worst.cost_usd is not None else None,
            price_source=worst.source,
        )
        return quote, None if worst.cost_usd is not None else f"{worst.reason}: {call.name}"
