"""Quotes: the worst case of each candidate of a route, in money and in tokens."""

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
    """The worst case of some candidates: all calls that their retries allow are made and billed.

    `usd` is None as soon as one price is unknown; `reason` is the cause. It does not cover calls repeated
    after a crash of the router, tokens beyond the estimate, and a price or route that changes before the
    call.
    """

    candidate_indexes: tuple[int, ...]
    output_tokens: int
    quotes: tuple[Quote, ...]
    usd: Decimal | None
    tokens: int
    reason: str | None

    @property
    def call_tokens(self) -> int:
        """The most tokens of one call, which count towards a rate."""
        return self.input_tokens + self.output_tokens

    @property
    def input_tokens(self) -> int:
        """The most input tokens of one call."""
        return max(quote.input_tokens for quote in self.quotes)

    @property
    def sources(self) -> str:
        """The sources of the prices."""
        return ", ".join(dict.fromkeys(quote.price_source or "" for quote in self.quotes))

    def most_expensive_candidate(self) -> int:
        """Return the index of the last candidate without a price, else of the last of the highest cost."""
        costs = {
            index: quote.cost_usd for index, quote in zip(self.candidate_indexes, self.quotes, strict=True)
        }
        last_first = self.candidate_indexes[::-1]
        unpriced = next((index for index in last_first if costs[index] is None), None)
        if unpriced is not None:
            return unpriced
        return max(last_first, key=lambda index: costs[index] or ZERO)


@dataclass(frozen=True, slots=True)
class RouteQuoter:
    """Quotes the candidates of a request's route at current prices; `input_tokens` are by candidate index."""

    prices: PriceBook
    tenant: str
    route: RouteDocument
    input_tokens: Sequence[int]
    now: datetime

    def quote(self, candidate_indexes: Sequence[int], output_tokens: int) -> RouteQuote:
        """Quote these candidates for answers of at most `output_tokens` tokens."""
        quotes: list[Quote] = []
        usd, tokens, reason = ZERO, 0, None
        for index in candidate_indexes:
            quote, problem = self._quote(index, output_tokens)
            quotes.append(quote)
            reason = reason or problem
            usd += quote.cost_usd or ZERO
            tokens += quote.calls * (quote.input_tokens + quote.output_tokens)
        return RouteQuote(
            candidate_indexes=tuple(candidate_indexes),
            output_tokens=output_tokens,
            quotes=tuple(quotes),
            usd=usd if reason is None else None,
            tokens=tokens,
            reason=reason,
        )

    def _quote(self, index: int, output_tokens: int) -> tuple[Quote, str | None]:
        candidate, input_tokens = self.route.candidates[index], self.input_tokens[index]
        # A model that is billed by the second costs most when it takes until its timeout.
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
