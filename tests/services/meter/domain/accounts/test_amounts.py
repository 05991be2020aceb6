"""Amounts add up exactly, and tokens of which a part is unknown are unknown, never 0."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import AttemptResult
from schemas.outcomes import BookedAttempt, TokenUsage
from schemas.requests import Reservation
from services.meter.domain.accounts.amounts import (
    NOTHING,
    Amounts,
    call_tokens,
    reserved_tokens,
    tokens_in,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALL = AttemptResult(
    attempt_id=UUID(int=1), number=1, provider="local", model="m", state="finished", started_at=NOON
)
KNOWN = TokenUsage(
    input=1, cache_read=20, cache_write=300, cache_write_1h=4_000, output=50_000, reasoning=600_000
)
AMOUNTS = st.builds(Amounts, st.decimals(0, 10**6, places=12, allow_nan=False), st.integers(0, 10**9))


@given(first=AMOUNTS, second=AMOUNTS)
def test_what_is_added_is_taken_back_without_a_remainder(first: Amounts, second: Amounts) -> None:
    assert first.add(second).subtract(second) == first
    assert first.subtract(second).add(second) == first
    assert first.add(NOTHING) == first


@given(first=AMOUNTS, second=AMOUNTS)
def test_money_and_tokens_each_stop_at_zero(first: Amounts, second: Amounts) -> None:
    left, difference = first.subtract_to_zero(second), first.subtract(second)

    assert left.usd == max(Decimal(0), difference.usd)
    assert left.tokens == max(0, difference.tokens)


def test_all_classes_and_media_of_a_usage_are_tokens() -> None:
    usage = KNOWN.model_copy(update={"media": {"input_audio": 7_000_000, "output_image": 80_000_000}})

    assert tokens_in(usage) == 87_654_321
    assert tokens_in(None) is None


@pytest.mark.parametrize(
    "name", ["input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning"]
)
def test_one_unknown_class_makes_the_tokens_unknown(name: str) -> None:
    assert tokens_in(KNOWN.model_copy(update={name: None})) is None


@pytest.mark.parametrize(
    ("usage", "status", "tokens"),
    [(None, "none", 0), (None, "held", None), (KNOWN, "none", 654_321), (KNOWN, "priced", 654_321)],
)
def test_a_call_without_usage_has_no_tokens_only_if_it_cost_nothing(
    usage: TokenUsage | None, status: str, tokens: int | None
) -> None:
    line = BookedAttempt.model_validate(
        {"result": CALL, "usage": usage, "cost_status": status, "booked_at": NOON}
    )

    assert call_tokens(line) == tokens


@pytest.mark.parametrize(("amount", "tokens"), [(None, 100), (0, 0), (250, 250)])
def test_a_reservation_without_tokens_reserved_those_of_one_call(amount: int | None, tokens: int) -> None:
    reservation = Reservation(
        budget="acme",
        period="2026-11",
        amount_usd=None,
        amount_tokens=amount,
        estimated_input_tokens=10,
        max_output_tokens=90,
    )

    assert reserved_tokens(reservation) == tokens
