"""The reason of a ledger entry without a cost."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.answers import AttemptResult
from schemas.outcomes import BookedAttempt, TokenUsage
from services.meter.domain.settlement.held_reasons import HeldReason, reason_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KNOWN = TokenUsage(input=10, cache_read=0, cache_write=0, output=5, reasoning=0)


@pytest.mark.parametrize(
    ("state", "usage", "source", "reason"),
    [
        ("unknown", None, None, "unknown_call"),
        ("finished", None, None, "no_usage"),
        ("finished", TokenUsage(input=10), None, "unreadable_usage"),
        ("finished", KNOWN, "llm.prices", "own_price"),
        ("finished", KNOWN, None, "no_price"),
    ],
)
def test_the_first_missing_part_of_a_price_is_the_reason(
    state: str, usage: TokenUsage | None, source: str | None, reason: HeldReason
) -> None:
    result = AttemptResult.model_validate(
        {
            "attempt_id": UUID(int=1),
            "number": 1,
            "provider": "local",
            "model": "m",
            "state": state,
            "started_at": NOON,
        }
    )
    line = BookedAttempt(result=result, usage=usage, cost_status="held", price_source=source, booked_at=NOON)

    assert reason_of(line) == reason
