"""The worst case by the list: no call costs more."""

from decimal import Decimal

from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.meter.listed import BOOK, CONTEXTS, ENTRIES, call, usage


@settings(max_examples=600, deadline=None)
@given(
    entry=st.sampled_from(ENTRIES),
    counts=st.tuples(*[st.integers(0, 300_000)] * 6),
    context=st.sampled_from(CONTEXTS),
)
def test_no_call_costs_more_than_the_worst_case_of_its_totals(
    entry: tuple[Provider, ModelInfo], counts: tuple[int, ...], context: dict[str, str]
) -> None:
    provider, model = entry
    fresh, read, written, lasting, answer, reasoning = counts
    asked = call(provider.id, model.id, context=context)
    tokens = usage(
        input=fresh,
        cache_read=read,
        cache_write=written,
        cache_write_1h=lasting,
        output=answer,
        reasoning=reasoning,
    )

    actual, worst = (
        BOOK.price(asked, tokens).cost_usd,
        BOOK.worst_case(asked, fresh + read + written + lasting, answer + reasoning).cost_usd,
    )

    assert actual is None or (worst is not None and actual <= worst)


def test_the_worst_case_knows_every_tier_and_the_dearest_cache_write() -> None:
    low = BOOK.worst_case(call("anthropic", "claude-sonnet-4-5"), 200_000, 1000)
    high = BOOK.worst_case(call("anthropic", "claude-sonnet-4-5"), 200_001, 1000)

    assert low.cost_usd == Decimal("1.215")
    assert high.cost_usd == Decimal("2.422512")
