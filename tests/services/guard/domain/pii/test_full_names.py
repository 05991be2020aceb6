"""Full names in capitals and in the cases of Slavic languages are told from other words."""

import pytest

from services.guard.domain.pii.full_names import (
    is_inflected_full_name,
    is_inflected_given_name,
    is_shouted_full_name,
)
from services.guard.domain.pii.name_candidate import NameCandidate


def is_shouted(marked: str) -> bool:
    """Whether the two words in brackets are a full name in capitals."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    middle = text.index(" ", start)
    return is_shouted_full_name(NameCandidate(text, [(start, middle), (middle + 1, end)], 0.9))


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[SABINE ZORVATH]", True),
        ("Signed,\n[SABINE ZORVATH]", True),
        ("[SABINE ZORVATH] called today", True),
        ("the key [SABINE ZORVATH] of it", False),
        ("[ZORVATH QUIMBEL]", False),
        ("[SABINE SERVER]", False),
    ],
)
def test_a_name_in_capitals_fills_a_line_or_begins_a_sentence(marked: str, expected: bool) -> None:
    assert is_shouted(marked) is expected


def test_a_given_name_is_known_in_every_case() -> None:
    assert is_inflected_given_name("Tomaszowi")
    assert not is_inflected_given_name("Zorvathowi")


def test_a_slavic_surname_is_needed_beside_it() -> None:
    assert is_inflected_full_name("Tomasza", "Zielińskiego")
    assert not is_inflected_full_name("Tomasza", "Server")
