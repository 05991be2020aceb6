"""The steps of a document's validation are counted by the size of what is looked at, and end."""

import pytest

from services.guard.domain.checks.step_budget import (
    CHARS_PER_STEP,
    ENTRIES_PER_STEP,
    MAX_STEPS,
    StepBudget,
    length_of,
)
from services.guard.domain.checks.types import NotCheckedError


def test_exactly_the_steps_of_one_document_can_be_spent() -> None:
    budget = StepBudget([])

    budget.spend(MAX_STEPS)
    with pytest.raises(NotCheckedError):
        budget.spend(1)


@pytest.mark.parametrize(
    ("part", "entries", "steps"),
    [
        (7, 0, 1),
        ("x" * CHARS_PER_STEP, 0, 2),
        ("x", ENTRIES_PER_STEP, 2),
        (["x" * CHARS_PER_STEP, {"name": "y" * CHARS_PER_STEP}], 2 * ENTRIES_PER_STEP, 5),
    ],
)
def test_a_keyword_costs_more_for_a_large_value_and_a_long_list(
    part: object, entries: int, steps: int
) -> None:
    document = {"part": part}
    budget = StepBudget(document)
    budget.spend(MAX_STEPS - steps)

    budget.count_keyword(part, entries)
    with pytest.raises(NotCheckedError):
        budget.spend(1)


def test_comparing_a_whole_value_costs_each_value_in_it() -> None:
    values = [[1, 2]] * ENTRIES_PER_STEP
    budget = StepBudget(values)
    budget.spend(MAX_STEPS - 3)

    budget.count_comparison(values)
    with pytest.raises(NotCheckedError):
        budget.count_comparison(values)


@pytest.mark.parametrize(("value", "length"), [("abc", 3), ([1, 2], 2), ({"a": 1}, 1), (12345, 0), (None, 0)])
def test_numbers_have_no_length(value: object, length: int) -> None:
    assert length_of(value) == length
