"""An attempt to book, and the check that a booked line has a cost or a reason, and is in range."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from schemas.answers import Attempt
from schemas.outcomes import BookedAttempt

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ATTEMPT = Attempt(
    attempt_id=UUID(int=9),
    record_id=UUID(int=1),
    tenant="acme",
    number=1,
    owner="router-1",
    provider="openai",
    model="gpt-4o-mini",
    started_at=NOON,
    deadline=NOON + timedelta(seconds=60),
)


def check_line(line: BookedAttempt) -> None:
    assert (line.cost_usd is None) == (line.cost_status in {"held", "unknown"})
    assert line.cost_usd is not None or line.reason
    assert line.cost_usd is None or 0 <= line.cost_usd < Decimal(10) ** 12
    assert BookedAttempt.model_validate_json(line.model_dump_json()) == line
