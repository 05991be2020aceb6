"""Quotes: the worst case of the candidates of a route."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from schemas.documents import Candidate, RouteDocument
from schemas.requests import Quote
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.pricing.quotes import RouteQuote, RouteQuoter

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_what_a_route_asks_for_is_unknown_as_soon_as_one_candidate_has_no_price() -> None:
    known, unknown = Candidate(provider="openai", model="gpt-4o"), Candidate(provider="local", model="m")
    route = RouteDocument(name="both", candidates=(known, unknown))
    offers = RouteQuoter(GenaiPriceList(), "acme", route, [1000, 1000], AT)
    asked = offers.quote([0, 1], 100)

    assert (asked.usd, asked.reason) == (None, "no price: local/m")
    assert offers.quote([0], 100).usd == 2 * Decimal("0.0035")


def quote_of(*costs: str | None) -> RouteQuote:
    quotes = tuple(
        Quote(
            provider="local",
            model="m",
            calls=1,
            input_tokens=10,
            output_tokens=90,
            cost_usd=None if cost is None else Decimal(cost),
        )
        for cost in costs
    )
    return RouteQuote(tuple(range(len(costs))), 90, quotes, None, 0, None)


@pytest.mark.parametrize(
    ("costs", "index"),
    [
        (("1", "3", "2"), 1),
        (("3", "1", "3"), 2),
        (("1", None, "3"), 1),
        ((None, "3", None), 2),
    ],
)
def test_the_last_candidate_without_a_price_and_else_the_most_expensive_is_dropped_first(
    costs: tuple[str | None, ...], index: int
) -> None:
    assert quote_of(*costs).most_expensive_candidate() == index
