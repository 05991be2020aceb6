"""Price documents before the list, exact to the last place; what has no price is held, never free."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcomes import TokenUsage
from schemas.prices import PriceDocument
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.pricing.documents import document_price
from services.meter.domain.pricing.types import PricingContext

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALL = PricingContext("acme", "local", "m", AT)
PLAIN = TokenUsage(input=1000, cache_read=0, cache_write=0, output=100, reasoning=0)


def usage(*classes: int) -> TokenUsage:
    fresh, read, written, output, reasoning = classes
    return TokenUsage(input=fresh, cache_read=read, cache_write=written, output=output, reasoning=reasoning)


def book(desk: "type[Desk]", *documents: PriceDocument) -> OverridingPriceBook:
    return OverridingPriceBook(desk.Documents(*documents), GenaiPriceList())


@pytest.mark.parametrize(
    ("provider", "model", "tokens", "cost"),
    [
        # $2.50 in, $1.25 cached, $10 out a million
        ("openai", "gpt-4o", usage(1000, 0, 0, 100, 0), "0.0035"),
        ("openai", "gpt-4o", usage(80, 1920, 0, 172, 128), "0.0056"),
        # $3 in, $0.30 cache read, $3.75 cache write, $15 out a million
        ("anthropic", "claude-3-5-sonnet-20241022", usage(21, 2000, 188, 393, 0), "0.007263"),
        # above 128,000 tokens all of them are dearer: $2.50 instead of $1.25 in, $10 instead of $5 out
        ("google", "gemini-1.5-pro", usage(128_000, 0, 0, 100, 0), "0.1605"),
        ("google", "gemini-1.5-pro", usage(128_001, 0, 0, 100, 0), "0.3210025"),
    ],
)
def test_list_prices_are_exact_by_token_class_and_tier(
    desk_of: "type[Desk]", provider: str, model: str, tokens: TokenUsage, cost: str
) -> None:
    priced = book(desk_of).price(PricingContext("acme", provider, model, AT), tokens)

    assert priced.cost_usd == Decimal(cost)
    assert priced.source is not None
    assert priced.source.startswith(f"genai-prices:{provider}/")
    assert (priced.version is not None, priced.valid_at) == (True, AT)


def test_the_model_that_answered_is_priced_where_the_list_knows_it(desk_of: "type[Desk]") -> None:
    prices = book(desk_of)
    alias = prices.price(PricingContext("acme", "openai", "gpt-4o", AT, "gpt-4o-mini-2024-07-18"), PLAIN)
    strange = prices.price(PricingContext("acme", "openai", "gpt-4o", AT, "our-own-name.gguf"), PLAIN)

    assert (alias.cost_usd, strange.cost_usd) == (Decimal("0.00021"), Decimal("0.0035"))


@pytest.mark.parametrize(
    ("provider", "model"), [("nobody", "gpt-4o"), ("openai", "gpt-9-ultra"), ("local", "smollm2")]
)
def test_an_unknown_provider_or_model_is_held(desk_of: "type[Desk]", provider: str, model: str) -> None:
    priced = book(desk_of).price(PricingContext("acme", provider, model, AT), PLAIN)

    assert priced.cost_usd is None
    assert priced.reason == f"no price for {provider}/{model}"


def test_no_model_of_the_whole_list_is_taken_for_free_for_lack_of_a_price(desk_of: "type[Desk]") -> None:
    prices, unpriced = book(desk_of), 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            current = model.get_prices(AT)
            priced = prices.price(PricingContext("acme", provider.id, model.id, AT), PLAIN)
            assert priced.cost_usd is None or priced.cost_usd > 0, f"{provider.id}/{model.id}"
            unpriced += is_without_token_price(current)

    assert unpriced > 100


def is_without_token_price(prices: ModelPrice) -> bool:
    return prices.input_mtok is None or prices.output_mtok is None


def test_a_model_without_an_output_price_is_priced_as_long_as_it_puts_nothing_out(
    desk_of: "type[Desk]",
) -> None:
    call = PricingContext("acme", "openai", "text-embedding-3-small", AT)
    prices = book(desk_of)

    assert prices.price(call, usage(1000, 0, 0, 0, 0)).cost_usd == Decimal("0.00002")
    assert prices.price(call, PLAIN).cost_usd is None


@pytest.mark.parametrize("missing", ["input", "cache_read", "cache_write", "output", "reasoning"])
def test_an_unknown_count_is_held_by_list_and_by_document(desk_of: "type[Desk]", missing: str) -> None:
    tokens = PLAIN.model_copy(update={missing: None})
    listed = book(desk_of).price(PricingContext("acme", "openai", "gpt-4o", AT), tokens)
    own = book(desk_of, desk_of.price("openai/gpt-4o")).price(
        PricingContext("acme", "openai", "gpt-4o", AT), tokens
    )

    assert (listed.cost_usd, listed.reason) == (None, "usage_unknown")
    assert (own.cost_usd, own.reason) == (None, "usage_unknown")


def test_our_own_price_wins_from_its_date_on(desk_of: "type[Desk]") -> None:
    document = desk_of.price("openai/gpt-4o", "1", valid_from=AT, version=7)
    prices = book(desk_of, document)
    before = prices.price(PricingContext("acme", "openai", "gpt-4o", AT - timedelta(microseconds=1)), PLAIN)
    after = prices.price(PricingContext("acme", "openai", "gpt-4o", AT), PLAIN)

    assert before.cost_usd == Decimal("0.0035")
    assert (after.cost_usd, after.source, after.version, after.valid_at) == (
        Decimal("0.0011"),
        "llm.prices",
        "7",
        AT,
    )


def test_a_contract_price_is_for_its_tenant_alone(desk_of: "type[Desk]") -> None:
    everybody = desk_of.price("openai/gpt-4o", "10")
    contract = desk_of.price("acme:openai/gpt-4o", "1", tenant="acme")
    prices = book(desk_of, everybody, contract)

    assert prices.price(PricingContext("acme", "openai", "gpt-4o", AT), PLAIN).cost_usd == Decimal("0.0011")
    assert prices.price(PricingContext("globex", "openai", "gpt-4o", AT), PLAIN).cost_usd == Decimal("0.011")

    only_acme = book(desk_of, desk_of.price("openai/gpt-4o", "1", tenant="acme"))

    assert only_acme.price(PricingContext("globex", "openai", "gpt-4o", AT), PLAIN).cost_usd == Decimal(
        "0.0035"
    )


def test_a_document_prices_cached_tokens_apart_where_it_says_so(desk_of: "type[Desk]") -> None:
    shared = {"input_usd_per_mtok": "0.50", "output_usd_per_mtok": "2.00"}
    document = desk_of.price("local/m", **shared, cache_read_usd_per_mtok="0.05")

    assert document_price(document, CALL, usage(1000, 200, 0, 60, 40)).cost_usd == Decimal("0.00071")
    assert document_price(
        desk_of.price("local/m", **shared), CALL, usage(1000, 200, 100, 60, 40)
    ).cost_usd == Decimal("0.00085")


def test_a_price_of_zero_is_a_price(desk_of: "type[Desk]") -> None:
    assert document_price(desk_of.price("local/m", "0"), CALL, PLAIN).cost_usd == 0


def test_an_amount_that_no_call_costs_is_held(desk_of: "type[Desk]") -> None:
    absurd = document_price(desk_of.price("local/m", "9" * 25), CALL, usage(10**12, 0, 0, 10**12, 0))

    assert absurd.cost_usd is None
    assert book(desk_of).price(
        PricingContext("acme", "openai", "gpt-4", AT), usage(10**12, 0, 0, 0, 0)
    ).cost_usd == Decimal(30000000)


def test_the_smallest_amount_is_kept_to_the_twelfth_place(desk_of: "type[Desk]") -> None:
    assert document_price(
        desk_of.price("local/m", "0.000001"), CALL, usage(1, 0, 0, 0, 0)
    ).cost_usd == Decimal("0.000000000001")


MODELS = st.sampled_from(
    [
        ("openai", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-5"),
        ("google", "gemini-2.5-pro"),
        ("deepseek", "deepseek-chat"),
        ("local", "m"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(name=MODELS, parts=st.tuples(*[st.integers(0, 150_000)] * 5), written=st.sampled_from([None, "3000"]))
def test_no_call_within_its_counts_costs_more_than_its_ceiling(
    desk_of: "type[Desk]", name: tuple[str, str], parts: tuple[int, int, int, int, int], written: str | None
) -> None:
    prices = book(desk_of, desk_of.price("local/m", cache_write_usd_per_mtok=written))
    call = PricingContext("acme", *name, AT)
    fresh, read, cached, output, reasoning = parts
    actual = prices.price(call, usage(*parts)).cost_usd
    worst = prices.worst_case(call, fresh + read + cached, output + reasoning).cost_usd

    assert actual is not None
    assert worst is not None
    assert actual <= worst
