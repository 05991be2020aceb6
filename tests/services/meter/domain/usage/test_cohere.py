"""Usage blocks of Cohere: billed units come before the tokens that were read."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.cohere import BILLED_FIELDS, read_cohere
from services.meter.domain.usage.counts import UsageBlock

READ: dict[str, JsonValue] = {"input_tokens": 2_190, "output_tokens": 1_257}


def used(
    fresh: int, output: int, media: dict[str, int] | None = None, units: dict[str, int] | None = None
) -> TokenUsage:
    return TokenUsage(
        input=fresh,
        cache_read=0,
        cache_write=0,
        output=output,
        reasoning=0,
        media=media or {},
        units={name: Decimal(count) for name, count in (units or {}).items()},
    )


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        ({"billed_units": {"input_tokens": 431, "output_tokens": 661}, "tokens": READ}, used(431, 661)),
        ({"tokens": READ}, used(2_190, 1_257)),
        ({"billed_units": {"input_tokens": 4}}, used(4, 0)),
        ({"billed_units": {"input_tokens": 4, "image_tokens": 0}}, used(4, 0)),
        ({"billed_units": {"image_tokens": 90}}, used(0, 0, media={"input_image": 90})),
        ({"billed_units": {"search_units": 2}}, used(0, 0, units={"rerank_searches": 2})),
        ({"billed_units": {"classifications": 3}}, used(0, 0, units={"classifications": 3})),
        ({"tokens": READ, "cached_tokens": 2_000}, used(2_190, 1_257)),
    ],
)
def test_the_billed_units_else_the_tokens_are_the_usage(raw: UsageBlock, usage: TokenUsage) -> None:
    assert read_cohere(raw, "") == usage


@pytest.mark.parametrize("raw", [{}, {"billed_units": {}}, {"billed_units": {"words": 3}}, {"tokens": {}}])
def test_a_block_that_bills_nothing_known_is_unknown_and_says_so(raw: UsageBlock) -> None:
    usage = read_cohere(raw, "")

    assert (usage.input, usage.output) == (None, None)
    assert usage.mismatch is not None


@pytest.mark.parametrize("name", BILLED_FIELDS)
def test_an_invalid_count_is_reported_and_never_free(name: str) -> None:
    usage = read_cohere({"billed_units": {"input_tokens": 4, "output_tokens": 5, name: "many"}}, "")

    assert usage.mismatch is not None
    assert name in usage.mismatch
    assert None in (usage.input, usage.output)


def test_billed_units_that_are_no_block_are_reported_although_the_tokens_are_read() -> None:
    usage = read_cohere({"billed_units": 7, "tokens": READ}, "")

    assert (usage.input, usage.mismatch) == (2_190, "billed_units is no block")
