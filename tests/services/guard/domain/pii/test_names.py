"""Words with a low score are a name if they are introduced, listed or contain a known given name."""

import pytest

from services.guard.domain.pii.names import (
    NameIndex,
    has_capitals,
    is_compound_part,
    is_listed,
    is_person,
    whole_name,
)


def span_of(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


@pytest.mark.parametrize(
    ("text", "name", "score", "expected"),
    [
        ("ask Sabine about it", "Sabine", 0.15, True),
        ("ask Zorvath about it", "Zorvath", 0.5, False),
        ("ask Zorvath about it", "Zorvath", 0.8, True),
        ("my name is Zorvath", "Zorvath", 0.25, True),
        ("Dear Zorvath", "Zorvath", 0.25, True),
        ("Mein Name ist Zorvath", "Zorvath", 0.25, True),
        ("A great mandolin coda", "mandolin", 0.96, False),
        ("my name is zorvath, Sir", "zorvath", 0.7, True),
        ("in Seattle, WA now", "WA", 0.9, False),
    ],
)
def test_the_required_score_depends_on_the_context(
    text: str, name: str, score: float, expected: bool
) -> None:
    assert is_person(text, [span_of(text, name)], score, is_lower_case=not has_capitals(text)) is expected


def test_two_capitalised_words_need_a_lower_score_than_one() -> None:
    text = "ask Zorvath Quimbel about it"

    assert is_person(text, [span_of(text, "Zorvath"), span_of(text, "Quimbel")], 0.4, is_lower_case=False)


@pytest.mark.parametrize(
    ("text", "given_name", "whole"),
    [
        ("meet Sabine van der Voet now", "Sabine", "Sabine van der Voet"),
        ("meet Sabine Müller-Lüdenscheidt now", "Sabine", "Sabine Müller-Lüdenscheidt"),
        ("meet Sabine O'Neill now", "Sabine", "Sabine O'Neill"),
        ("meet Sabine and Peter", "Sabine", "Sabine"),
        ("meet Sabine. Tomorrow", "Sabine", "Sabine"),
        ("tell Sabine The plan", "Sabine", "Sabine"),
        ("Zorvath Industries", "Zorvath", "Zorvath"),
    ],
)
def test_a_known_given_name_is_extended_by_its_surname(text: str, given_name: str, whole: str) -> None:
    start, end = whole_name(text, *span_of(text, given_name))

    assert text[start:end] == whole


def test_a_word_next_to_a_name_in_a_list_is_a_name() -> None:
    text = "founders: Leehy, Zorvath and Quimbel"
    names = NameIndex.of(text, [[span_of(text, "Leehy")]])

    assert is_listed(text, span_of(text, "Zorvath"), 0.3, names)
    assert not is_listed(text, span_of(text, "Zorvath"), 0.1, names)
    assert not is_listed(text, span_of(text, "Quimbel"), 0.3, names)


def test_a_word_behind_a_hyphen_is_part_of_a_compound() -> None:
    assert is_compound_part("by ex-Player Meyer", 6, "Player")
    assert not is_compound_part("by ex-Sabine Meyer", 6, "Sabine")
    assert not is_compound_part("- Player Meyer", 2, "Player")
