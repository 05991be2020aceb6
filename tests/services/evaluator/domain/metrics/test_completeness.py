"""Whether an answer is empty, and whether it was cut off."""

import pytest

from services.evaluator.domain.metrics.completeness import cut_off, empty
from tests.services.evaluator.domain.metrics.answers import answer


@pytest.mark.parametrize(
    ("output", "is_empty"),
    [("", True), (" \n\t\u3000", True), ("two words", False), (".", False), ("\u200b", False)],
)
def test_an_answer_of_white_space_is_empty(output: str, is_empty: bool) -> None:
    assert empty(answer(output)) is is_empty


@pytest.mark.parametrize(
    ("finish_reason", "is_cut_off"),
    [("length", True), ("stop", False), ("content_filter", False), ("tool_calls", False), (None, False)],
)
def test_only_the_token_limit_cuts_an_answer_off(finish_reason: str | None, is_cut_off: bool) -> None:
    assert cut_off(answer("two wo", finish_reason=finish_reason)) is is_cut_off
