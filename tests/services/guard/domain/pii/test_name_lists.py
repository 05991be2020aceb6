"""The lists tell given names from words that mean something else."""

import pytest

from services.guard.domain.pii.name_lists import (
    AMBIGUOUS_GIVEN_NAMES,
    GIVEN_NAMES,
    is_ambiguous_given_name,
    is_city,
    is_given_name,
    is_known_name,
    is_other_word,
    is_part_of_term,
    is_surname,
    may_be_given_name,
)


@pytest.mark.parametrize("word", ["JSON", "Markdown", "Türkisch", "Wednesday", "password", "Hasło", "Datei"])
def test_terms_and_ordinary_words_mean_something_else(word: str) -> None:
    assert is_other_word(word)
    assert not may_be_given_name(word)


def test_a_given_name_that_is_also_a_word_is_ambiguous() -> None:
    assert is_ambiguous_given_name("Mark")
    assert not is_given_name("Mark")
    assert is_given_name("Sabine")
    assert is_surname("Meyer")


def test_names_are_found_in_any_normal_form() -> None:
    assert is_given_name("Jo\u0308rg")
    assert is_given_name("JÖRG")


def test_no_given_name_is_in_both_sections() -> None:
    assert not GIVEN_NAMES & AMBIGUOUS_GIVEN_NAMES


def test_cities_and_parts_of_terms_are_known() -> None:
    assert is_city("Anaheim")
    assert not is_city("Sabine")
    assert is_part_of_term("Herzegovina")
    assert not is_part_of_term("Sabine")
    assert is_known_name("Sabine")
    assert not is_known_name("Zorvath")
