"""Prices by tier: a tier overlays the base prices, and classes without a price are billed as another one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prices import Schedule
from services.meter.domain.pricing.schedules import (
    BELOW_ALL_TIERS,
    INPUTS,
    OUTPUTS,
    PRICE_FALLBACKS,
    PriceList,
    price_lists,
)

SIDES = {"input_usd_per_mtok": 3, "output_usd_per_mtok": 15}
PRICES = st.none() | st.decimals(0, 1_000, places=6, allow_nan=False)


def schedule(**fields: object) -> Schedule:
    return Schedule.model_validate({**SIDES, **fields})


def base(**fields: object) -> PriceList:
    return price_lists(schedule(**fields))[0]


@pytest.mark.parametrize(
    ("fields", "prices"),
    [
        ({}, {"cache_read": 3, "cache_write": 3, "cache_write_1h": 3, "reasoning": 15}),
        ({"cache_write_usd_per_mtok": 4}, {"cache_read": 3, "cache_write": 4, "cache_write_1h": 4}),
        ({"cache_write_1h_usd_per_mtok": 6}, {"cache_write": 3, "cache_write_1h": 6}),
        ({"cache_read_usd_per_mtok": 0}, {"cache_read": 0, "cache_write": 3}),
        ({"reasoning_usd_per_mtok": 20}, {"output": 15, "reasoning": 20}),
    ],
)
def test_a_class_without_a_price_is_billed_as_a_wider_one(
    fields: dict[str, int], prices: dict[str, int]
) -> None:
    tokens = base(**fields).tokens

    assert {name: tokens[name] for name in prices} == prices


def test_a_tier_changes_the_prices_that_it_names_and_leaves_the_others() -> None:
    below, above = price_lists(
        schedule(
            unit_usd={"web_searches": "0.01"},
            media_usd_per_mtok={"input_audio": 32},
            tiers=[{"above_input_tokens": 200_000, "input_usd_per_mtok": 6}],
        )
    )

    assert (below.above_input_tokens, above.above_input_tokens) == (BELOW_ALL_TIERS, 200_000)
    assert (below.tokens["input"], above.tokens["input"]) == (3, 6)
    assert (below.tokens["cache_read"], above.tokens["cache_read"]) == (3, 6)
    assert above.tokens["output"] == 15
    assert (above.tokens["input_audio"], above.units) == (32, {"web_searches": Decimal("0.01")})


def test_the_worst_case_prices_all_tokens_at_the_dearest_class_of_their_side() -> None:
    prices = base(cache_write_1h_usd_per_mtok=6, reasoning_usd_per_mtok=20, usd_per_second="0.5")

    assert prices.worst_case(1_000_000, 500_000, Decimal(3)) == 6 + 10 + Decimal("1.5")


@pytest.mark.parametrize(
    ("fields", "is_timed", "is_by_unit"),
    [
        (SIDES, False, False),
        ({"usd_per_second": "0.001"}, True, False),
        ({"unit_usd": {"images": "0.04"}}, False, True),
        ({"unit_usd": {"images": "0.04"}, "usd_per_second": "0.001"}, True, False),
    ],
)
def test_a_schedule_is_billed_by_tokens_by_time_or_by_unit(
    fields: dict[str, object], is_timed: bool, is_by_unit: bool
) -> None:
    (prices,) = price_lists(Schedule.model_validate(fields))

    assert (prices.is_timed, prices.is_by_unit) == (is_timed, is_by_unit)


@given(read=PRICES, written=PRICES, written_1h=PRICES, reasoning=PRICES, tokens=st.integers(0, 10**6))
def test_no_class_costs_more_than_the_worst_case_of_its_side(
    read: Decimal | None,
    written: Decimal | None,
    written_1h: Decimal | None,
    reasoning: Decimal | None,
    tokens: int,
) -> None:
    prices = base(
        cache_read_usd_per_mtok=read,
        cache_write_usd_per_mtok=written,
        cache_write_1h_usd_per_mtok=written_1h,
        reasoning_usd_per_mtok=reasoning,
    )

    for name in INPUTS:
        assert prices.tokens[name] * tokens / 1_000_000 <= prices.worst_case(tokens, 0, Decimal(0))
    for name in OUTPUTS:
        assert prices.tokens[name] * tokens / 1_000_000 <= prices.worst_case(0, tokens, Decimal(0))


def test_each_class_has_a_price_or_falls_back_to_one_that_is_settled_before_it() -> None:
    settled = {"input", "output"}

    for name, fallback in PRICE_FALLBACKS:
        assert fallback in settled
        settled.add(name)

    assert settled == {*INPUTS, *OUTPUTS}


def test_equal_schedules_are_kept_apart_from_different_ones() -> None:
    cheap, same, dear = schedule(), schedule(), schedule(input_usd_per_mtok=9)

    assert price_lists(cheap) == price_lists(same)
    assert price_lists(dear)[0].tokens["input"] == 9
    assert price_lists(cheap)[0].tokens["input"] == 3
