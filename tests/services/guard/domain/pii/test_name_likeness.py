"""Names that no list has are told from other words by their letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.name_likeness import (
    IMPROBABLE_NAME,
    LIKELY_NAME,
    letter_groups,
    name_likeness,
)


@pytest.mark.parametrize("word", ["Kovalevski", "Petterssen", "Kenseth", "Abakumov", "Halvardsson", "Timmie"])
def test_names_are_likely(word: str) -> None:
    assert name_likeness(word) >= LIKELY_NAME


@pytest.mark.parametrize("word", ["Shopify", "Nextcloud", "Troglodytidae", "Subscription", "Setanta"])
def test_other_words_are_improbable(word: str) -> None:
    assert name_likeness(word) < IMPROBABLE_NAME


def test_letter_groups_mark_the_ends() -> None:
    assert set(letter_groups("abc")) == {"^a", "ab", "bc", "c$", "^ab", "abc", "bc$", "^abc", "abc$", "^abc$"}


@given(st.text(max_size=60))
def test_any_word_has_a_likeness_whatever_its_case(word: str) -> None:
    assert isinstance(name_likeness(word), float)
    assert name_likeness(word.lower()) == name_likeness(word.lower().lower())
