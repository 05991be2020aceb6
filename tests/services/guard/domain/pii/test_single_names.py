"""One capitalised word is a name by lists, by its letters and by the prose around it."""

import re

import pytest

from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_scores import NEVER
from services.guard.domain.pii.single_names import needed_of_single_name


def candidate(marked: str, weakest: float = 0.0) -> NameCandidate:
    """The words in brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(start + word.start(), start + word.end()) for word in re.finditer(r"[^\W_]+", text[start:end])]
    return NameCandidate(text, spans, weakest)


def score_for(marked: str, weakest: float = 0.0) -> float:
    """The score needed for the word in brackets."""
    name = candidate(marked, weakest)
    return needed_of_single_name(name, name.written)


@pytest.mark.parametrize(
    ("marked", "score"),
    [
        ("and then [Kovalevski] began to write the letter", 0.4),
        ("[Kovalevski] began to write the letter", 0.7),
        ("the driver said that [Trvq] is not here", 0.93),
        ("so the offer of [Anna] is here", 0.1),
        ('the song that they like is "[Anna]" I think', 0.9),
        ("[Anna]: What a day.\nTom: Yes, it was.", 0.2),
        ("[Kovalevski]: What a day.\nTom: Yes, it was.", 0.7),
        ("this is the way of the world, says [Izumi].", 0.78),
        ("and that was the way that [Madison] left us", 0.78),
        ("und dann hat [Kovalevski] nicht mit ihr gesprochen", 0.93),
        ("what [Wozniak] said was not what they want", 0.6),
    ],
)
def test_prose_and_letters_lower_the_score_that_is_needed(marked: str, score: float) -> None:
    assert score_for(marked) == score


@pytest.mark.parametrize(
    "marked",
    [
        "lalu [Kovalevski] pergi ke rumah dengan cepat sekali",
        "and then the [Kovalevski] was not there",
        "plants that are of the family [Quimbaceae] and others",
        "there was the club KFC [Kovalevski] with all of them",
        "and there [Anaheim] was the largest of them",
        "they live in [Kovalevski] with their children",
        "and they are from Bosnia and [Herzegovina] with their children",
        "[Note]: What a day.\nTom: Yes, it was.",
        "NASA and [ANNA] are not the same",
    ],
)
def test_other_words_are_never_a_single_name(marked: str) -> None:
    assert score_for(marked) == NEVER


def test_a_given_name_in_capitals_needs_a_sure_classifier() -> None:
    assert score_for("i told you that [RACHELLE] was not there", weakest=0.95) < 1
    assert score_for("i told you that [RACHELLE] was not there", weakest=0.5) == NEVER
