"""A candidate tells whether its words have the form of a name and what stands around them."""

import re

import pytest

from services.guard.domain.pii.name_candidate import NameCandidate


def candidate(marked: str, weakest: float = 0.0) -> NameCandidate:
    """The words in brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(start + word.start(), start + word.end()) for word in re.finditer(r"[^\W_]+", text[start:end])]
    return NameCandidate(text, spans, weakest)


@pytest.mark.parametrize(
    "marked",
    [
        "with **[Anna Meyer]** today",
        "see <b>[Anna Li]</b> there",
        "so it is. -[Anna Meyer]",
        "ask *[Anna]* now",
    ],
)
def test_emphasis_is_no_code(marked: str) -> None:
    assert candidate(marked).has_form


@pytest.mark.parametrize("marked", ["os.[Anna]", "node *[Head]", "a_[Anna]_b", "x = [Anna](1)", "__[init]__"])
def test_code_has_no_form_of_a_name(marked: str) -> None:
    assert not candidate(marked).has_form


def test_other_letters_in_the_name_itself_tell_nothing_of_the_language() -> None:
    assert candidate("the assistant to [Rubija Liberšar] is here").is_in_read_language
    assert not candidate("[Anna Meyer] je naše nová kolegyně z Brna").is_in_read_language


def test_a_word_of_a_term_is_another_word() -> None:
    assert candidate("written in [Python] by them").is_other
    assert not candidate("written by [Anna Python] there").is_other
