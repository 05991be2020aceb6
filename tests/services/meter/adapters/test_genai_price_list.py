"""Prices of the list by class, unit, tier, date and context: as by the library, but never free."""

import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage
from genai_prices.types import ModelInfo, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.meter.listed import AT, BOOK, CONTEXTS, ENTRIES, call, entries, usage

MILLION = 1_000_000


COUNT = st.integers(0, 400_000)


@settings(max_examples=600, deadline=None)
@given(
    entry=st.sampled_from(ENTRIES),
    counts=st.tuples(*[COUNT] * 6),
    context=st.sampled_from(CONTEXTS),
    hours=st.integers(-16_000, 3_000),
)
def test_tokens_cost_what_the_library_itself_makes_of_them(
    entry: tuple[Provider, ModelInfo], counts: tuple[int, ...], context: dict[str, str], hours: int
) -> None:
    provider, model = entry
    fresh, read, written, lasting, answer, reasoning = counts
    at = AT + timedelta(hours=hours)
    tokens = usage(
        input=fresh,
        cache_read=read,
        cache_write=written,
        cache_write_1h=lasting,
        output=answer,
        reasoning=reasoning,
    )

    priced = BOOK.price(call(provider.id, model.id, at, context), tokens)

    if priced.cost_usd is None:
        assert priced.reason is not None
        return
    theirs = Usage(
        input_tokens=fresh + read + written + lasting,
        cache_read_tokens=read,
        cache_write_tokens=written + lasting,
        cache_write_1h_tokens=lasting,
        output_tokens=answer + reasoning,
        output_reasoning_tokens=reasoning,
    )
    expected = model.calc_price(
        theirs, provider, genai_request_timestamp=at, price_context=context
    ).total_price
    assert priced.cost_usd == expected.quantize(Decimal("1e-12"))


MEDIA = ("audio", "image", "video")


@settings(max_examples=600, deadline=None)
@given(
    entry=st.sampled_from(ENTRIES),
    counts=st.tuples(*[st.integers(0, 90_000)] * 6),
    modality=st.sampled_from(MEDIA),
)
def test_sound_pictures_and_film_cost_what_the_library_makes_of_them(
    entry: tuple[Provider, ModelInfo], counts: tuple[int, ...], modality: str
) -> None:
    provider, model = entry
    fresh, read, media, cached, answer, made = counts
    named = {f"input_{modality}": media, f"cache_{modality}_read": cached, f"output_{modality}": made}

    priced = BOOK.price(
        call(provider.id, model.id), usage(input=fresh, cache_read=read, output=answer, media=named)
    )

    if priced.cost_usd is None:
        assert priced.reason is not None
        return
    theirs = Usage(
        input_tokens=fresh + read + media + cached,
        cache_read_tokens=read + cached,
        output_tokens=answer + made,
        **{
            f"input_{modality}_tokens": media + cached,
            f"cache_{modality}_read_tokens": cached,
            f"output_{modality}_tokens": made,
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = model.calc_price(theirs, provider, genai_request_timestamp=AT).total_price
    assert priced.cost_usd == expected.quantize(Decimal("1e-12"))


def test_nothing_that_the_list_knows_is_ever_taken_for_free() -> None:
    tokens = usage(input=1000, output=100)
    priced = [BOOK.price(call(provider.id, model.id), tokens) for provider, model in entries()]

    held = [one.reason for one in priced if one.cost_usd is None]

    assert [one for one in priced if one.cost_usd is not None and one.cost_usd <= 0] == []
    assert len(held) > 100
    assert None not in held


@pytest.mark.parametrize(
    ("provider", "model", "used", "reason"),
    [
        (
            "cerebras",
            "qwen-3-coder-480b",
            {"input": 304},
            "cerebras/qwen-3-coder-480b has no price on the list",
        ),
        (
            "openai",
            "text-embedding-3-small",
            {"output": 1},
            "openai/text-embedding-3-small has no price for output on the list",
        ),
        (
            "openai",
            "gpt-4.1-nano",
            {"input": 1, "units": {"web_searches": 1}},
            "openai/gpt-4.1-nano has no price for web_searches on the list",
        ),
        (
            "openai",
            "gpt-4o",
            {"units": {"moon_walks": 1}},
            "openai/gpt-4o has no price for moon_walks on the list",
        ),
        (
            "openai",
            "gpt-5.6-sol",
            {"cache_write_1h": 1},
            "openai/gpt-5.6-sol has no price for cache_write_1h on the list",
        ),
        (
            "anthropic",
            "claude-sonnet-5",
            {"units": {"advisor_tokens": 9}},
            "anthropic/claude-sonnet-5 has no price for advisor_tokens on the list",
        ),
        ("openai", "whisper-1", {"input": 5}, "openai/whisper-1 has no price for input on the list"),
        ("openai", "nobody-knows", {"input": 5}, "no price for openai/nobody-knows"),
        ("nobody", "gpt-4o", {"input": 5}, "no price for nobody/gpt-4o"),
    ],
)
def test_a_retired_model_and_a_class_without_a_price_are_held_and_never_billed_as_nothing(
    provider: str, model: str, used: dict[str, object], reason: str
) -> None:
    priced = BOOK.price(call(provider, model), usage(**used))
    assert (priced.cost_usd, priced.reason) == (None, reason)


@pytest.mark.parametrize(
    ("provider", "model", "context", "lacking"),
    [
        ("openai", "gpt-4o", {"service_tier": "flex"}, "openai/gpt-4o has no price for service_tier flex"),
        (
            "azure",
            "gpt-4o",
            {"service_tier": "priority"},
            "azure/gpt-4o has no price for service_tier priority",
        ),
        (
            "anthropic",
            "claude-sonnet-4-6",
            {"inference_geo": "us"},
            "anthropic/claude-sonnet-4-6 has no price for inference_geo us",
        ),
        (
            "google",
            "gemini-2.5-flash",
            {"service_tier": "provisioned"},
            "google/gemini-2.5-flash has no price for service_tier provisioned",
        ),
    ],
)
def test_a_way_to_be_served_that_has_no_price_is_held_and_not_sold_at_the_usual_one(
    provider: str, model: str, context: dict[str, str], lacking: str
) -> None:
    asked = call(provider, model, context=context)

    assert BOOK.price(asked, usage(input=1000)).reason == lacking
    assert BOOK.worst_case(asked, 1000, 0).reason == lacking


def test_a_tier_has_a_price_from_the_day_on_that_the_list_knows_it() -> None:
    before, after = datetime(2026, 10, 11, 23, 59, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC)

    assert (
        BOOK.price(
            call("openai", "gpt-4o", before, {"service_tier": "priority"}), usage(input=MILLION)
        ).cost_usd
        is None
    )
    assert BOOK.price(
        call("openai", "gpt-4o", after, {"service_tier": "priority"}), usage(input=MILLION)
    ).cost_usd == Decimal("4.25")


@pytest.mark.parametrize(
    "context", [{}, {"service_tier": "default"}, {"service_tier": "auto"}, {"route": "somewhere"}]
)
def test_what_changes_no_price_changes_none(context: dict[str, str]) -> None:
    assert BOOK.price(call("openai", "gpt-4o", context=context), usage(input=MILLION)).cost_usd == Decimal(
        "2.5"
    )


def test_groq_sells_flex_at_the_usual_price_and_at_least_ten_seconds_of_sound() -> None:
    flex = BOOK.price(
        call("groq", "llama-3.3-70b-versatile", context={"service_tier": "flex"}), usage(input=MILLION)
    )
    usual = BOOK.price(call("groq", "llama-3.3-70b-versatile"), usage(input=MILLION))
    short, long = (
        BOOK.price(
            call("groq", "whisper-large-v3"), usage(units={"input_audio_seconds": Decimal(s)})
        ).cost_usd
        for s in (2, 3600)
    )

    assert flex.cost_usd == usual.cost_usd
    assert (short, long) == (Decimal("0.000308333333"), Decimal("0.111"))


def test_unit_prices_tell_what_each_class_was_sold_for() -> None:
    tokens = usage(
        input=10, cache_read=5, cache_write=3, cache_write_1h=2, output=4, units={"web_searches": Decimal(2)}
    )
    priced = BOOK.price(call("anthropic", "claude-sonnet-4-5"), tokens)

    assert priced.unit_prices == {
        "input": Decimal(3),
        "cache_read": Decimal("0.3"),
        "cache_write": Decimal("3.75"),
        "cache_write_1h": Decimal(6),
        "output": Decimal(15),
        "web_searches": Decimal("0.01"),
    }
    # 10 * 3 + 5 * 0.30 + 3 * 3.75 + 2 * 6 + 4 * 15 a million, and two searches at a cent
    assert priced.cost_usd == Decimal("0.02011475")
