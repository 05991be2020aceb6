"""What the classifier half believes is a name is one where people are introduced, listed or have known first names."""

import pytest

from services.guard.domain.pii.name_cues import introduced_names
from services.guard.domain.pii.names import (
    NameIndex,
    has_capitals,
    is_beside,
    is_introduced,
    is_person,
    whole_name,
)


def place(text: str, written: str) -> tuple[int, int]:
    start = text.index(written)
    return start, start + len(written)


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
def test_the_surer_the_less_must_stand_around(text: str, name: str, score: float, expected: bool) -> None:
    assert is_person(text, [place(text, name)], score, is_small=not has_capitals(text)) is expected


def test_two_large_words_need_less_than_one() -> None:
    text = "ask Zorvath Quimbel about it"
    assert is_person(text, [place(text, "Zorvath"), place(text, "Quimbel")], 0.4, is_small=False)


@pytest.mark.parametrize(
    ("text", "found", "whole"),
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
def test_a_listed_first_name_takes_its_surname_along(text: str, found: str, whole: str) -> None:
    start, end = whole_name(text, *place(text, found))
    assert text[start:end] == whole


def test_a_name_in_a_list_with_names_is_one() -> None:
    text = "founders: Leehy, Zorvath and Quimbel"
    assert is_beside(text, place(text, "Zorvath"), 0.3, NameIndex.of([place(text, "Leehy")]))
    assert not is_beside(text, place(text, "Zorvath"), 0.1, NameIndex.of([place(text, "Leehy")]))
    assert not is_beside(text, place(text, "Quimbel"), 0.3, NameIndex.of([place(text, "Leehy")]))


def test_words_that_introduce_are_whole_words() -> None:
    assert is_introduced("Hello Max", 6)
    assert not is_introduced("Othello Max", 8)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Zorvath Quimbel.", "Zorvath Quimbel"),
        ("ich heiße Zorvath", "Zorvath"),
        ("as Mr. Young said", "Young"),
        ("für Frau von der Zorv", None),
        ("an Herrn Zorvath Quimbel", "Zorvath Quimbel"),
        ("Was antworte ich Jürgen auf die Frage?", "Jürgen"),
        ("Que répondre à Thierry ?", "Thierry"),
        ("tell Sabine van der Voet that", "Sabine van der Voet"),
        ("tell Congress that", None),
        ("ask Albert Einstein", None),
        ("call Python from C", None),
    ],
)
def test_words_before_a_name_are_enough_for_a_rule(text: str, name: str | None) -> None:
    assert [text[start:end] for start, end in introduced_names(text)] == ([] if name is None else [name])
