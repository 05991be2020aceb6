"""A policy's problems are named by their place in it, all at once; a policy that can run has none."""

from typing import Any

import pytest

from schemas.policies import PolicyDocument
from services.guard.domain.policy import DEFAULT
from services.guard.domain.policy_validation import policy_problems


def problems(**fields: Any) -> list[str]:
    return list(policy_problems(PolicyDocument.model_validate({"name": "acme", **fields})))


def test_the_default_policy_has_no_problem() -> None:
    assert list(policy_problems(DEFAULT)) == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"allow": [{"kind": "PERSON", "pattern": "("}]}, "allow.0: "),
        ({"checks": [{"type": "regex", "name": "orders", "pattern": "("}]}, "checks 'orders': "),
    ],
)
def test_a_problem_names_its_place(fields: dict[str, Any], place: str) -> None:
    (problem,) = problems(**fields)

    assert problem.startswith(place)
    assert len(problem) > len(place)


def test_all_problems_are_named_at_once() -> None:
    found = problems(
        checks=[
            {"type": "regex", "name": "first", "pattern": "("},
            {"type": "length", "name": "good", "at_most": 9},
            {"type": "length", "name": "second"},
        ]
    )

    assert [problem.partition(":")[0] for problem in found] == ["checks 'first'", "checks 'second'"]
