"""Price documents by time, tier, hour, variant, unit and second; what has no price is held."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import TokenUsage
from schemas.prices import PriceDocument
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.pricing.documents import document_price, document_worst_case
from services.meter.domain.pricing.types import PricedCall, PricingContext

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAIN: Mapping[str, object] = {
    "input": 1000,
    "cache_read": 0,
    "cache_write": 0,
    "output": 100,
    "reasoning": 0,
}


def usage(**classes: object) -> TokenUsage:
    return TokenUsage.model_validate({**PLAIN, **classes})


def rates(fresh: str, out: str, **fields: object) -> dict[str, object]:
    return {"input_usd_per_mtok": fresh, "output_usd_per_mtok": out, **fields}


def document(*periods: Mapping[str, object], name: str = "openai/gpt-4o", **fields: object) -> PriceDocument:
    return PriceDocument.model_validate({"name": name, "version": 4, "periods": periods, **fields})


def always(**fields: object) -> PriceDocument:
    return document({"valid_from": "2026-01-01T00:00:00Z", **rates("1", "10"), **fields})


def price(
    own: PriceDocument, used: TokenUsage | None = None, at: datetime = NOON, **call: object
) -> PricedCall:
    seconds = call.pop("seconds", None)
    context = {name: str(value) for name, value in call.items()}
    return document_price(
        own,
        PricingContext(
            "acme",
            "openai",
            "gpt-4o",
            at,
            None,
            context,
            Decimal(str(seconds)) if seconds is not None else None,
        ),
        used or usage(),
    )


def booked(desk: "type[Desk]", own: PriceDocument, at: datetime, tenant: str = "acme") -> PricedCall:
    return OverridingPriceBook(desk.Documents(own), GenaiPriceList()).price(
        PricingContext(tenant, "openai", "gpt-4o", at), usage()
    )


def test_a_price_changes_at_noon_to_the_microsecond(desk_of: "type[Desk]") -> None:
    own = document(
        {"valid_from": "2026-11-01T00:00:00Z", **rates("1", "10")},
        {"valid_from": "2026-11-20T12:00:00Z", **rates("2", "20")},
    )
    before, after = booked(desk_of, own, NOON - timedelta(microseconds=1)), booked(desk_of, own, NOON)
    assert (before.cost_usd, after.cost_usd) == (Decimal("0.002"), Decimal("0.004"))
    assert (after.source, after.version, after.valid_at) == ("llm.prices", "4", NOON)
    assert after.unit_prices == {"input": 2, "output": 20}


def test_before_the_first_period_and_after_the_last_the_list_is_asked_but_a_hole_is_held(
    desk_of: "type[Desk]",
) -> None:
    own = document(
        {"valid_from": "2026-11-10T00:00:00Z", "valid_to": "2026-11-12T00:00:00Z", **rates("1", "10")},
        {"valid_from": "2026-11-14T00:00:00Z", "valid_to": "2026-11-16T00:00:00Z", **rates("2", "20")},
    )
    found = {day: booked(desk_of, own, NOON.replace(day=day)) for day in (9, 11, 13, 15, 17)}
    assert {day: one.cost_usd for day, one in found.items()} == {
        9: Decimal("0.0035"),
        11: Decimal("0.002"),
        13: None,
        15: Decimal("0.004"),
        17: Decimal("0.0035"),
    }
    assert found[13].reason is not None
    assert "openai/gpt-4o has a hole in its prices at the time of the call" in found[13].reason
    assert "2026-11-12T00:00:00+00:00 to 2026-11-14T00:00:00+00:00" in found[13].reason


def test_a_call_in_an_overlap_is_held_and_one_beside_it_is_not(desk_of: "type[Desk]") -> None:
    own = document(
        {"valid_from": "2026-11-10T00:00:00Z", "valid_to": "2026-11-15T00:00:00Z", **rates("1", "10")},
        {"valid_from": "2026-11-14T00:00:00Z", **rates("2", "20")},
    )
    inside, beside = booked(desk_of, own, NOON.replace(day=14)), booked(desk_of, own, NOON.replace(day=16))
    assert (inside.cost_usd, beside.cost_usd) == (None, Decimal("0.004"))
    assert "has an overlap in its prices" in (inside.reason or "")


def test_a_document_in_another_currency_holds_its_calls(desk_of: "type[Desk]") -> None:
    own = document({"valid_from": "2026-01-01T00:00:00Z", **rates("1", "10")}, currency="EUR")
    found = booked(desk_of, own, NOON)
    assert (found.cost_usd, found.reason) == (None, "openai/gpt-4o is in EUR, but all is booked in USD")


def test_a_contract_is_found_by_its_name_and_ends_with_its_history(desk_of: "type[Desk]") -> None:
    contract = document(
        {"valid_from": "2026-11-10T00:00:00Z", "valid_to": "2026-11-30T00:00:00Z", **rates("1", "10")},
        name="acme:openai/gpt-4o",
    )
    assert booked(desk_of, contract, NOON).cost_usd == Decimal("0.002")
    assert booked(desk_of, contract, NOON, "globex").cost_usd == Decimal("0.0035")
    assert booked(desk_of, contract, NOON + timedelta(days=20)).cost_usd == Decimal("0.0035")


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [
        ((200_000, 0), "0.6"),
        ((200_001, 0), "1.200006"),
        ((100_000, 100_000), "0.33"),
        ((100_000, 100_001), "0.66000060"),
    ],
)
def test_a_tier_prices_all_tokens_of_a_call_that_passes_it(tokens: tuple[int, int], cost: str) -> None:
    tier = {"above_input_tokens": 200_000, "input_usd_per_mtok": "6.00", "cache_read_usd_per_mtok": "0.60"}
    own = always(**rates("3.00", "15.00", cache_read_usd_per_mtok="0.30"), tiers=[tier])
    assert price(own, usage(input=tokens[0], cache_read=tokens[1], output=0)).cost_usd == Decimal(cost)


def test_a_tier_leaves_what_it_does_not_name_and_the_highest_one_counts() -> None:
    tiers = [
        {"above_input_tokens": 500, "input_usd_per_mtok": "4"},
        {"above_input_tokens": 100, "input_usd_per_mtok": "2"},
    ]
    assert price(always(tiers=tiers)).cost_usd == Decimal("0.004") + Decimal("0.001")
    assert price(always(tiers=tiers), usage(input=0, cache_read=1000)).cost_usd == Decimal("0.005")


def test_hours_are_those_of_the_start_of_the_call() -> None:
    own = always(off_peak=[{**rates("0.5", "5"), "start_utc": "16:30", "end_utc": "00:30"}])
    assert price(own).cost_usd == Decimal("0.002")
    assert price(own, at=NOON.replace(hour=23)).cost_usd == Decimal("0.001")


def test_a_variant_wins_over_the_hour_and_the_one_that_names_most_over_the_others() -> None:
    flex, batch = (
        {**rates("0.4", "4"), "when": {"service_tier": "flex"}},
        {**rates("0.5", "5"), "when": {"processing": "batch"}},
    )
    both = {**rates("0.1", "1"), "when": {"service_tier": "flex", "processing": "batch"}}
    own = always(
        variants=[flex, batch, both],
        off_peak=[{**rates("0.9", "9"), "start_utc": "00:00", "end_utc": "23:59"}],
    )
    assert price(own, service_tier="flex").cost_usd == Decimal("0.0008")
    assert price(own, processing="batch").cost_usd == Decimal("0.001")
    assert price(own, processing="batch", service_tier="flex").cost_usd == Decimal("0.0002")
    assert price(own, service_tier="default").cost_usd == Decimal("0.0018")


def test_a_context_that_the_variants_do_not_price_is_held_and_without_variants_it_does_not_matter() -> None:
    own = always(variants=[{**rates("0.4", "4"), "when": {"service_tier": "flex"}}])
    strange = price(own, service_tier="priority")
    assert strange.cost_usd is None
    assert (
        strange.reason == "openai/gpt-4o has prices by service_tier, "
        "but none for the one that the provider reports: add a variant"
    )
    assert price(always(), service_tier="priority").cost_usd == Decimal("0.002")


def test_classes_that_are_not_named_are_sold_as_their_likes() -> None:
    used = usage(input=10, cache_read=20, cache_write=30, cache_write_1h=40, output=50, reasoning=60)
    assert price(always(), used).unit_prices == {
        "input": 1,
        "cache_read": 1,
        "cache_write": 1,
        "cache_write_1h": 1,
        "output": 10,
        "reasoning": 10,
    }
    named = always(
        cache_read_usd_per_mtok="0.1",
        cache_write_usd_per_mtok="1.25",
        cache_write_1h_usd_per_mtok="2",
        reasoning_usd_per_mtok="8",
    )
    assert price(named, used).cost_usd == (Decimal(10) + 2 + Decimal("37.5") + 80 + 500 + 480) / 1_000_000


def test_media_and_units_have_prices_of_their_own_or_are_held() -> None:
    used = usage(media={"input_audio": 1000}, units={"web_searches": Decimal(3)})
    own = always(media_usd_per_mtok={"input_audio": "40"}, unit_usd={"web_searches": "0.01"})
    assert price(own, used).cost_usd == Decimal("0.002") + Decimal("0.04") + Decimal("0.03")
    assert price(own, used).unit_prices["web_searches"] == Decimal("0.01")
    assert (
        price(always(), used).reason == "openai/gpt-4o names no price for input_audio: add one (0 is a price)"
    )
    assert (
        price(always(media_usd_per_mtok={"input_audio": "0"}), used).reason
        == "openai/gpt-4o names no price for web_searches: add one (0 is a price)"
    )
    assert price(always(), usage(units={"web_searches": Decimal(0)})).cost_usd == Decimal("0.002")


def test_own_gpus_are_paid_by_the_second_and_include_what_has_no_price() -> None:
    own = document({"valid_from": "2026-01-01T00:00:00Z", "usd_per_second": "0.0012"})
    used = usage(input=None, media={"input_image": 5})
    assert price(own, used, seconds="2.5").cost_usd == Decimal("0.003")
    assert price(own, used, seconds="2.5").unit_prices == {"seconds": Decimal("0.0012")}
    assert (price(own, used).cost_usd, price(own, used).reason) == (None, "the call's duration is unknown")
    assert price(own, used, seconds="-1").cost_usd is None
    assert document_worst_case(
        own, PricingContext("acme", "openai", "gpt-4o", NOON, seconds=Decimal(60)), 10, 10
    ).cost_usd == Decimal("0.072")
    assert document_worst_case(
        own, PricingContext("acme", "openai", "gpt-4o", NOON), 10, 10
    ).cost_usd == Decimal("0.72")


def test_what_is_sold_by_the_piece_alone_has_no_ceiling() -> None:
    own = document({"valid_from": "2026-01-01T00:00:00Z", "unit_usd": {"images": "0.04"}})
    assert price(own, usage(input=0, output=0, units={"images": Decimal(2)})).cost_usd == Decimal("0.08")
    assert document_worst_case(own, PricingContext("acme", "openai", "gpt-4o", NOON), 10, 10).cost_usd is None


PRICES = st.decimals(0, 100, places=4).map(str)
COUNTS = st.integers(0, 300_000)


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, object]:
    names = (
        "cache_read_usd_per_mtok",
        "cache_write_usd_per_mtok",
        "cache_write_1h_usd_per_mtok",
        "reasoning_usd_per_mtok",
    )
    tiers = [
        {
            "above_input_tokens": draw(st.integers(1, 400_000)),
            "input_usd_per_mtok": draw(PRICES),
            "output_usd_per_mtok": draw(PRICES),
        }
    ]
    return {
        **rates(draw(PRICES), draw(PRICES)),
        **{name: draw(st.none() | PRICES) for name in names},
        "tiers": draw(st.sampled_from([[], tiers])),
    }


@given(
    own=st.tuples(schedules(), schedules(), schedules()),
    parts=st.tuples(*[COUNTS] * 6),
    hour=st.integers(0, 23),
    way=st.sampled_from(["", "flex"]),
)
def test_no_text_call_costs_more_than_its_ceiling_whatever_its_hour_and_variant(
    own: tuple[dict[str, object], ...], parts: tuple[int, ...], hour: int, way: str
) -> None:
    base, night, flex = own
    priced = always(
        **base,
        off_peak=[{**night, "start_utc": "20:00", "end_utc": "06:00"}],
        variants=[{**flex, "when": {"service_tier": "flex"}}],
    )
    names = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
    at = NOON.replace(hour=hour)
    actual = price(
        priced, usage(**dict(zip(names, parts, strict=True))), at, **({"service_tier": way} if way else {})
    ).cost_usd
    worst = document_worst_case(
        priced, PricingContext("acme", "openai", "gpt-4o", at), sum(parts[:4]), sum(parts[4:])
    ).cost_usd
    assert actual is not None
    assert worst is not None
    assert actual <= worst
