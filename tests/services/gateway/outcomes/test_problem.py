"""The message of an error reply names what the caller can change, and faults of Weir are not the caller's."""

from typing import Any

import pytest

from services.gateway.outcomes.outcome import DeadLetter, RequestPosition
from services.gateway.outcomes.problem import completion_problem, dead_letter_problem


@pytest.mark.parametrize(
    ("reason", "status", "message"),
    [
        ("too_large", 413, "shorten it"),
        ("invalid", 400, "shorten it"),
        ("seal_not_open", 500, "dead letter"),
        ("unexpected_error", 500, "dead letter"),
    ],
)
def test_a_dead_letter_is_the_callers_fault_unless_its_reason_is_internal(
    reason: str, status: int, message: str
) -> None:
    dead_letter = DeadLetter(RequestPosition(0, 7), reason, "shorten it")

    problem = dead_letter_problem(dead_letter, "r-7")

    assert (problem.status, problem.code, problem.request_id) == (status, reason, "r-7")
    assert message in problem.message
    assert problem.outcome_status == "dead_letter"


def test_an_answer_is_no_error_and_a_moderation_without_a_verdict_is_one(completed: Any) -> None:
    answered, screened = completed(7), completed(8, status="screened", output=None)

    problem = completion_problem(screened)

    assert completion_problem(answered) is None
    assert problem is not None
    assert (problem.status, problem.code) == (500, "no_verdict")
