"""A duplicate names the record whose outcome it repeats, unless its body is another one."""

from typing import Any
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from schemas.values import ErrorFacts
from services.gateway.outcomes.outcome import DeadLetter, Outcome, RequestPosition, first_record_id

FIRST = UUID(int=1)
OTHER_BODY = ErrorFacts(code="duplicate_other_body", message="another body was sent under this request id")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "duplicate", "duplicate_of": FIRST}, FIRST),
        ({"status": "duplicate", "duplicate_of": None}, None),
        ({"status": "duplicate", "duplicate_of": FIRST, "error": OTHER_BODY}, None),
        ({"status": "answered", "output": "x"}, None),
    ],
)
def test_only_a_duplicate_of_the_same_body_repeats_the_first_outcome(
    completed: Any, fields: dict[str, Any], expected: UUID | None
) -> None:
    outcome: Completion = completed(7, **fields)

    assert first_record_id(outcome) == expected


def test_a_dead_letter_repeats_nothing() -> None:
    outcome: Outcome = DeadLetter(RequestPosition(0, 7), "too_large", "x")

    assert first_record_id(outcome) is None
