"""From a usage block to a booked line, with the context of the call and its unit prices."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import JsonValue

from schemas.answers import AttemptResult
from schemas.outcomes import BookedAttempt
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.domain.settlement.booking import book

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = GenaiPriceList()


def booked(provider: str, model: str, usage: Mapping[str, JsonValue], **fields: object) -> BookedAttempt:
    shared: Mapping[str, object] = {
        "attempt_id": UUID(int=1),
        "number": 1,
        "state": "finished",
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=1),
    }
    result = AttemptResult.model_validate(
        {**shared, "provider": provider, "model": model, "usage": usage, **fields}
    )
    (line,) = book(BOOK, "acme", [result], NOON)
    return BookedAttempt.model_validate_json(line.model_dump_json())


ANTHROPIC: Mapping[str, JsonValue] = {
    "input_tokens": 1000,
    "cache_read_input_tokens": 0,
    "output_tokens": 100,
}


@pytest.mark.parametrize(
    ("told", "context", "cost"),
    [
        ({}, {}, "0.0045"),
        ({"service_tier": "standard"}, {}, "0.0045"),
        ({"service_tier": "batch"}, {}, "0.00225"),
        ({}, {"processing": "batch"}, "0.00225"),
        ({"service_tier": "priority"}, {}, None),
    ],
)
def test_how_a_call_was_served_is_read_from_the_block_and_from_the_routers_notes(
    told: Mapping[str, JsonValue], context: Mapping[str, str], cost: str | None
) -> None:
    line = booked(
        "anthropic",
        "claude-sonnet-4-6",
        {**ANTHROPIC, **told},
        provider_kind="anthropic",
        price_context=context,
    )

    assert line.cost_usd == (None if cost is None else Decimal(cost))
    assert line.cost_status == ("held" if cost is None else "priced")


def test_a_booked_line_keeps_every_class_with_its_price_through_json() -> None:
    usage: Mapping[str, JsonValue] = {
        "prompt_tokens": 81,
        "prompt_tokens_details": {"audio_tokens": 69},
        "completion_tokens": 72,
        "total_tokens": 153,
    }
    line = booked("openai", "gpt-audio", usage)

    assert line.usage is not None
    assert (line.usage.input, line.usage.media, line.usage.output) == (12, {"input_audio": 69}, 72)
    assert line.unit_prices == {"input": Decimal("2.5"), "input_audio": 32, "output": 10}
    assert line.cost_usd == Decimal("0.002958")


def test_a_block_of_a_shape_that_was_never_seen_is_held_with_what_it_holds() -> None:
    line = booked("openai", "gpt-4o", {"dots": 3})

    assert line.usage is not None
    assert (line.cost_status, line.cost_usd, line.reason) == ("held", None, "usage_unknown")
    assert line.usage.mismatch == "a usage block of a shape that nobody here reads: dots"


def test_a_total_that_disagrees_is_flagged_and_the_known_classes_are_booked() -> None:
    line = booked("openai", "gpt-4o", {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1200})

    assert line.usage is not None
    assert (line.cost_status, line.cost_usd) == ("priced", Decimal("0.0035"))
    assert line.usage.mismatch == "total_tokens is 1200, its parts add up to 1100"


def test_a_call_that_starts_after_its_booking_is_priced_by_its_start_and_says_that_a_clock_is_wrong() -> None:
    tomorrow = booked(
        "openai",
        "gpt-4o",
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        started_at=NOON + timedelta(days=1),
    )

    assert (tomorrow.cost_status, tomorrow.cost_usd) == ("priced", Decimal("0.0035"))
    assert tomorrow.reason == "started 1 day, 0:00:00 after it was booked: one of the clocks is wrong"
