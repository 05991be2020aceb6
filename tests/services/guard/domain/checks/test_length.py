"""The length of a message is compared with bounds, which some text must meet and some must not."""

import pytest

from schemas.checks import LengthCheck
from services.guard.domain.checks.length import length
from services.guard.domain.checks.types import InvalidCheckError
from tests.services.guard.domain.checks.checked_texts import checked


@pytest.mark.parametrize(
    ("check", "text", "is_failed"),
    [
        (LengthCheck(name="l", at_most=5), "123456", True),
        (LengthCheck(name="l", at_most=6), "123456", False),
        (LengthCheck(name="l", at_least=6), "123456", False),
        (LengthCheck(name="l", at_least=7), "123456", True),
        (LengthCheck(name="l", at_least=2, at_most=2), "🙂🙂", False),
        (LengthCheck(name="l", at_least=3, unit="words"), "one  two", True),
        (LengthCheck(name="l", at_least=3, unit="words"), "one two\nthree", False),
        (LengthCheck(name="l", at_most=2, unit="words"), "one two three", True),
        (LengthCheck(name="l", at_least=1), "", True),
    ],
)
def test_a_text_outside_the_bounds_fails(check: LengthCheck, text: str, is_failed: bool) -> None:
    assert length(check)(checked(text)).is_failed is is_failed


def test_the_whole_message_is_measured_where_the_text_is_a_part_of_it() -> None:
    run = length(LengthCheck(name="l", at_most=5))

    assert run(checked("12345", message="12345 <document>6</document>")).is_failed


@pytest.mark.parametrize(
    ("check", "way_out"),
    [
        (LengthCheck(name="l"), "give 'at_least' or 'at_most'"),
        (LengthCheck(name="l", at_least=9, at_most=3), "exchange them"),
    ],
)
def test_bounds_that_every_text_or_none_meets_are_refused(check: LengthCheck, way_out: str) -> None:
    with pytest.raises(InvalidCheckError, match=way_out):
        length(check)
