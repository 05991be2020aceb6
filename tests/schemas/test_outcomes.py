"""Outcomes and bookings: money is exact on the wire, unknown is not zero, a correction books something."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.outcomes import Adjustment, BookedAttempt, Completion, Correction, TokenUsage
from tests.schemas.examples import example

MONEY = st.decimals(Decimal(-(10**20)), Decimal(10**20), places=12)


@given(cost=MONEY, unit_price=MONEY)
def test_money_travels_exactly(cost: Decimal, unit_price: Decimal) -> None:
    completion: Completion = example(Completion)
    attempt = completion.attempts[0].model_copy(
        update={"cost_usd": cost, "unit_prices": {"input": unit_price}}
    )

    back = BookedAttempt.model_validate_json(attempt.model_dump_json())

    assert (back.cost_usd, back.unit_prices["input"]) == (cost, unit_price)


def test_usage_that_no_provider_reported_is_unknown_and_not_zero() -> None:
    usage = TokenUsage.model_validate({"input": 7})

    assert (usage.input, usage.output, usage.cache_read, usage.reasoning) == (7, None, None, None)
    assert TokenUsage.model_validate_json(usage.model_dump_json(exclude_none=True)) == usage


@pytest.mark.parametrize("kind", [Completion, Adjustment, Correction])
def test_every_booking_has_the_key_of_the_tenant_that_pays(
    kind: type[Completion | Adjustment | Correction],
) -> None:
    event: Completion | Adjustment | Correction = example(kind)

    assert event.partition_key == (event.tenant if isinstance(event, Adjustment) else event.request.tenant)


def test_a_correction_of_nothing_is_refused() -> None:
    correction: Correction = example(Correction)

    with pytest.raises(ValidationError, match="attempts"):
        Correction.model_validate({**correction.model_dump(), "attempts": []})
