"""One pass for many values finds the same occurrences as a search for each."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text import occurrences
from services.guard.domain.text.occurrences import MAX_NESTED_VALUES, WORDS, find_values, values_in_text

LETTERS = st.text("ab", min_size=1, max_size=5)
MANY = [f"m{number}@example.com" for number in range(13_000)]


def by_one_search_each(text: str, values: set[str]) -> list[tuple[int, str]]:
    return sorted(
        (start, value) for value in values for start in range(len(text)) if text.startswith(value, start)
    )


@given(st.text("ab", max_size=40), st.sets(LETTERS, max_size=8))
def test_few_values_are_found_wherever_they_occur(text: str, values: set[str]) -> None:
    assert find_values(text, values) == by_one_search_each(text, values)
    assert values_in_text(text, values) == {value for value in values if value in text}


@given(st.text("ab", max_size=40), st.sets(LETTERS, max_size=8))
def test_one_automaton_finds_the_same(text: str, values: set[str]) -> None:
    automaton = occurrences._AhoCorasick.of(values)  # pyright: ignore[reportPrivateUsage] - short texts are searched without the automaton

    assert sorted(automaton.occurrences(text)) == by_one_search_each(text, values)
    assert automaton.values_in(text) == {value for value in values if value in text}


def test_thirteen_thousand_values_are_found_in_a_long_text() -> None:
    text = " ".join(MANY[::7])

    assert [value for _, value in find_values(text, MANY) if not value.startswith("m0@")] == [
        value for value in MANY[::7] if value != MANY[0]
    ]
    assert values_in_text(text, MANY) >= set(MANY[::7])


def test_values_that_overlap_themselves_give_a_bounded_number_of_occurrences() -> None:
    values = {"a1" * count for count in range(2, 400)}
    text = "a1" * 30_000

    found = find_values(text, values)

    assert len(found) <= MAX_NESTED_VALUES * len(text)
    ends = accumulate((start + len(value) for start, value in found), max)
    assert all(following[0] <= end for end, following in zip(ends, found[1:], strict=False))


@given(st.text("ab ", max_size=40), st.sets(LETTERS, max_size=8))
def test_an_automaton_and_separate_searches_keep_to_the_same_boundaries(text: str, values: set[str]) -> None:
    automaton = occurrences._AhoCorasick.of(values)  # pyright: ignore[reportPrivateUsage] - short texts are searched without the automaton
    expected = [
        (start, value)
        for start, value in by_one_search_each(text, values)
        if f" {value} " == f" {text} "[start : start + len(value) + 2]
    ]

    assert find_values(text, values, WORDS) == expected
    assert sorted(automaton.occurrences(text, WORDS)) == expected
