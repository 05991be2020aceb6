"""Tests of the words around names of things."""

import pytest

from services.guard.domain.pii.thing_words import (
    CALLED_BEFORE,
    FOREIGN_FIRM_BEFORE,
    GOODS_AFTER,
    HEADS,
    THING_NOUN_BEFORE,
    TRAVEL_BEFORE,
)


def test_that_heads_are_single_words_in_lower_case() -> None:
    """They are compared with words in lower case."""
    assert all(head == head.lower() and " " not in head for head in HEADS)
    assert {"airport", "archipelago", "merkezi"} <= HEADS


@pytest.mark.parametrize("before", ["the company ", 'the novel "', "in the Hotel "])
def test_that_nouns_stand_before_things(before: str) -> None:
    """A firm, a house or a work is named behind its noun."""
    assert THING_NOUN_BEFORE.search(before)
    assert not THING_NOUN_BEFORE.search(f"{before}manager ")


def test_that_other_languages_have_such_nouns() -> None:
    """Each has its own word for a firm or a restaurant."""
    assert all(
        map(FOREIGN_FIRM_BEFORE.search, ("der Firma ", "el restaurante ", "al ristorante ", "nhà hàng "))
    )


def test_that_words_introduce_titles_journeys_and_goods() -> None:
    """Titles are called, journeys have ends, and goods have brands."""
    assert CALLED_BEFORE.search("mit dem Titel ")
    assert TRAVEL_BEFORE.search("a flight from ")
    assert not TRAVEL_BEFORE.search("a letter from ")
    assert GOODS_AFTER.match(" binaries")
    assert not GOODS_AFTER.match(" said")
