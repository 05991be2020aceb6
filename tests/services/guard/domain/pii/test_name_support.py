"""A word is a name by support: lists, introductions, capitals in running text; else no score suffices."""

import re

import pytest

from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_scores import NEVER
from services.guard.domain.pii.name_support import needed_score


def score_for(marked: str, weakest: float = 0.0) -> float:
    """The score needed for the words in brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(start + word.start(), start + word.end()) for word in re.finditer(r"[^\W_]+", text[start:end])]
    return needed_score(NameCandidate(text, spans, weakest), is_lower_case=text.islower())


@pytest.mark.parametrize(
    "marked",
    [
        "Respond with [JSON].",
        "Answer in [Markdown] please",
        "Translate it to [Turkish] now",
        "we meet on [Wednesday] again",
        "[Klicken] Sie hier",
        "data: [Zorvath] | 3",
        "os.[Sabine]",
        "so says [FastApi] today",
        "on [Sabine] Street today",
        "in the year of [Ludwig] XIV",
        "moved to [Cleveland], OH",
        'ids: "[Sabine]", "x1"',
        "the word [summer] in the Sun",
        "[talc] is soft",
    ],
)
def test_other_words_are_never_a_name(marked: str) -> None:
    assert score_for(marked) == NEVER


@pytest.mark.parametrize(
    ("marked", "score"),
    [
        ("as [Sabine] told me", 0.1),
        ("[Sabine] told me", 0.5),
        ("as [Sabine Zorvath] told me", 0.1),
        ("Dear [Zorvath],", 0.2),
        ("my name is [mark]", 0.2),
        ("as [Mark] told me", 0.7),
        ("as [Mark Zorvath] told me", 0.35),
        ("as [Quimbel Zorvath] told me", 0.6),
        ("ask [Zorvath] about it", 0.78),
        ("The name is [anna] here", 0.6),
        ("please tell [sabine meyer] about it", 0.2),
        ("Hi, this is [Zorvath]", 0.2),
        ("The car is called [Zorvath]", 0.78),
        ("What's your last name? [Zorvath]", 0.2),
        ("[Mijail C Zorvath]\n> Partners\n> 12 Gordon Terrace", 0.2),
        ("[Sabine Quimbel] - 12", 0.1),
    ],
)
def test_support_lowers_the_score_that_is_needed(marked: str, score: float) -> None:
    assert score_for(marked) == score


def test_a_full_name_of_unknown_words_outside_prose_needs_a_sure_classifier() -> None:
    assert score_for("Holder [Quimbel Zorvath], Card 12", weakest=0.5) == NEVER
    assert score_for("Holder [Quimbel Zorvath], Card 12", weakest=0.95) < 1


def test_in_a_language_that_the_classifier_does_not_know_lower_case_needs_an_introduction() -> None:
    assert score_for("ông [minh nhỏ] đi học") == NEVER
    assert score_for("tôi tên là [minh]") < 1


@pytest.mark.parametrize(
    "marked",
    [
        "the [Pascal-Zitat] of that year",
        "a temple called [BAPS Shri Mandir] there",
        "a hotel called [Anna Maria] here",
    ],
)
def test_words_of_another_thing_are_never_a_full_name(marked: str) -> None:
    assert score_for(marked) == NEVER
