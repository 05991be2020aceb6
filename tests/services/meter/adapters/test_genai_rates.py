"""A unit is billed at its own price, else at that of the most specific wider unit that includes it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from genai_prices.types import ModelPrice, Tier, TieredPrices
from hypothesis import given
from hypothesis import strategies as st

from services.meter.adapters.genai_rates import (
    MEASURES,
    PER,
    TRAITS,
    CallPrices,
    UnitPrice,
    family,
    is_covered,
)

TIERED = UnitPrice(
    "input_tokens", TieredPrices(base=Decimal(3), tiers=[Tier(200_000, Decimal(6)), Tier(100, Decimal(9))])
)


def priced(**prices: int) -> CallPrices:
    fields: dict[str, Any] = {name: Decimal(price) for name, price in prices.items()}
    return CallPrices(ModelPrice(**fields))


@pytest.mark.parametrize(
    ("tokens", "price", "highest"), [(0, 3, 3), (100, 3, 3), (101, 9, 9), (200_000, 9, 9), (200_001, 6, 9)]
)
def test_a_call_that_passes_a_tier_has_its_price_and_may_not_exceed_the_highest_before_it(
    tokens: int, price: int, highest: int
) -> None:
    assert (TIERED.at(tokens), TIERED.highest(tokens)) == (price, highest)


@given(tokens=st.integers(0, 400_000), further=st.integers(0, 400_000))
def test_no_smaller_call_has_a_price_above_the_highest(tokens: int, further: int) -> None:
    assert TIERED.at(tokens) <= TIERED.highest(tokens + further)


@pytest.mark.parametrize(
    ("prices", "unit", "billed_as"),
    [
        ({"input_mtok": 1, "cache_read_mtok": 2}, "cache_read_tokens", "cache_read_tokens"),
        ({"input_mtok": 1}, "cache_read_tokens", "input_tokens"),
        ({"input_mtok": 1, "cache_write_mtok": 2}, "cache_write_1h_tokens", "cache_write_tokens"),
        ({"input_mtok": 1, "input_audio_mtok": 2}, "cache_audio_read_tokens", "input_audio_tokens"),
        ({"input_mtok": 1}, "output_tokens", None),
        ({"input_mtok": 1}, "audio_seconds", None),
        ({"cache_read_mtok": 2}, "input_tokens", None),
        ({"input_mtok": 1}, "a_unit_that_is_not_on_the_list", None),
    ],
)
def test_a_unit_is_billed_as_the_most_specific_that_includes_it(
    prices: Mapping[str, int], unit: str, billed_as: str | None
) -> None:
    found = priced(**prices).find(unit)

    assert (found.unit if found is not None else None) == billed_as


def test_an_entry_sells_only_what_it_prices_itself_and_without_prices_nothing() -> None:
    prices = priced(input_mtok=1)

    assert (prices.has_own_price("input_tokens"), prices.has_own_price("cache_read_tokens")) == (True, False)
    assert prices
    assert not priced()


@pytest.mark.parametrize(
    ("unit", "others", "prices", "covered"),
    [
        ("output_tokens", ["audio_seconds"], {"audio_hours": 1}, True),
        ("output_tokens", ["input_tokens"], {"input_mtok": 1}, False),
        ("output_tokens", ["web_searches"], {"web_searches_kcount": 1}, False),
        ("output_tokens", [], {}, False),
        ("web_searches", [], {"requests_kcount": 1}, True),
        ("web_searches", ["input_tokens"], {"input_mtok": 1}, False),
        ("code_executions", [], {"requests_kcount": 1}, False),
        ("rerank_searches", ["input_tokens"], {"input_mtok": 1}, False),
    ],
)
def test_only_another_measure_and_a_fee_by_request_include_what_has_no_price(
    unit: str, others: list[str], prices: Mapping[str, int], covered: bool
) -> None:
    assert is_covered(unit, others, priced(**prices)) == covered


def test_every_unit_of_the_list_has_its_own_traits_a_family_and_a_size() -> None:
    assert len(set(TRAITS.values())) == len(TRAITS)
    assert all(family(unit) != unit or unit == "requests" for unit in TRAITS)
    assert {family(unit) for unit in TRAITS} >= MEASURES
    assert all(size > 0 for size in PER.values())
