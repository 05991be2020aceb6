"""A name without capitals needs a list, an introduction or a sentence around it."""

import re

import pytest

from services.guard.domain.pii.lower_case_names import needed_in_lower_case, needed_in_lower_case_text
from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_scores import NEVER


def candidate(marked: str, weakest: float = 0.0) -> NameCandidate:
    """The words in brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(start + word.start(), start + word.end()) for word in re.finditer(r"[^\W_]+", text[start:end])]
    return NameCandidate(text, spans, weakest)


@pytest.mark.parametrize(
    ("marked", "score"),
    [
        ("I know that [justin] is not here", 0.78),
        ("Nov 13 10:59:46 [justin] named it", 0.97),
        ("My name is [zorvath]", 0.6),
        ("I know that [zorvath] is not here", NEVER),
    ],
)
def test_in_a_text_with_capitals(marked: str, score: float) -> None:
    assert needed_in_lower_case(candidate(marked)) == score


@pytest.mark.parametrize(
    ("marked", "score"),
    [
        ("and then [kovalevski] began to write the letter", 0.97),
        ("and then [summer] began to be the best", NEVER),
        ("and then [anna] began to write", 0.2),
        ("and then [quimbel zorvath] began to write", 0.78),
    ],
)
def test_in_a_text_without_capitals(marked: str, score: float) -> None:
    assert needed_in_lower_case_text(candidate(marked)) == score
