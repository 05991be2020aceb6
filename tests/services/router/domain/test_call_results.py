"""Attempts are counted once and numbered without gaps at the end, also after an odd journal."""

import pytest

from schemas.bounds import MAX_ORDINAL
from services.router.domain.call_results import distinct, next_number
from tests.services.router.scene import started


def test_an_attempt_that_is_in_the_journal_twice_is_one_attempt() -> None:
    attempts = distinct([started(2), started(1), started(2)])

    assert [attempt.number for attempt in attempts] == [1, 2]


@pytest.mark.parametrize(
    ("used", "expected"),
    [([], 1), ([1, 2], 3), ([2, 7], 8), ([MAX_ORDINAL], 1), ([1, MAX_ORDINAL], 2)],
)
def test_the_next_number_is_free(used: list[int], expected: int) -> None:
    assert next_number(used) == expected
