"""What a request asks for: the worst case of each candidate that may be called, in money and in tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from schemas.documents import RouteDocument
from schemas.requests import Quote
from services.meter.domain.account import ZERO
from services.meter.domain.pricing import Call, PriceBook


@dataclass(frozen=True)
class Ask:
    """Some candidates of a route, each called as often as its retries allow and each call billed; `reason` says why no price is known.

    Not in it: calls repeated after a crash of the router, a token count beyond the estimate, and a price or route that changes before the
    call.
    """

    places: tuple[int, ...]
    output_tokens: int
    quotes: tuple[Quote, ...]
    reason: str | None = None

    @cached_property
    def usd(self) -> Decimal | None:
        """What all of it may cost; None as soon as one price is unknown."""
        known = [quote.cost_usd for quote in self.quotes if quote.cost_usd is not None]
        return sum(known, ZERO) if len(known) == len(self.quotes) else None

    @cached_property
    def tokens(self) -> int:
        """How many tokens all of it may take."""
        return sum(quote.calls * (quote.input_tokens + quote.output_tokens) for quote in self.quotes)

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

    def dearest(self) -> int:
        """Find the place of the candidate that asks for most; one without a price before all others."""
        costs = {place: quote.cost_usd for place, quote in zip(self.places, self.quotes, strict=True)}
        unpriced = next((place for place in reversed(self.places) if costs[place] is None), None)
        return unpriced if unpriced is not None else max(reversed(self.places), key=lambda place: costs[place] or ZERO)


@dataclass(frozen=True, slots=True)
class Offers:
    """The route of a request with the prices of the day, and what its input takes at each candidate."""

    prices: PriceBook
    tenant: str
    route: RouteDocument
    input_tokens: Sequence[int]
    now: datetime

    def ask(self, places: Sequence[int], output_tokens: int) -> Ask:
        """Quote these candidates for answers of that length."""
        quotes: list[Quote] = []
        reason: str | None = None
        for place in places:
            candidate, input_tokens = self.route.candidates[place], self.input_tokens[place]
            call = Call(self.tenant, candidate.provider, candidate.model, self.now)
            worst = self.prices.worst(call, input_tokens, output_tokens)
            if worst.cost_usd is None:
                reason = reason or f"{worst.reason}: {call.name}"
            quotes.append(
                Quote(
                    provider=candidate.provider,
                    model=candidate.model,
                    calls=candidate.max_attempts,
                    input_tokens=input_tokens,
                    output_tokens=output_tokens,
                    cost_usd=worst.cost_usd * candidate.max_attempts if worst.cost_usd is not None else None,
                    price_source=worst.source,
                )
            )
        return Ask(tuple(places), output_tokens, tuple(quotes), reason)
