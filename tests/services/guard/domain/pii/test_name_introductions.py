"""Words before a name introduce a person, in speech or as the name of a field."""

import pytest

from services.guard.domain.pii.name_introductions import (
    is_addressed,
    is_behind_speaking,
    is_introduced,
    is_introduced_in_speech,
    is_surname_introduced,
)


@pytest.mark.parametrize(
    ("before", "introduces", "in_speech"),
    [
        ("Hello ", True, True),
        ("Othello ", False, False),
        ("Nazywam się ", True, True),
        ("меня зовут ", True, True),
        ("customer: ", True, False),
        ("dependency-name: ", False, False),
        ("the account holder ", True, False),
        ("the account ", False, False),
    ],
)
def test_an_introduction_is_a_whole_word(before: str, introduces: bool, in_speech: bool) -> None:
    assert is_introduced(f"{before}Max", len(before)) is introduces
    assert is_introduced_in_speech(f"{before}Max", len(before)) is in_speech


def test_a_verb_takes_a_person_as_its_object() -> None:
    assert is_addressed("please tell Max", 12)
    assert not is_addressed("please open Max", 12)


def test_a_word_for_surnames_introduces_any_word() -> None:
    assert is_surname_introduced("Her maiden name is Key", 19)
    assert is_surname_introduced("What's your last name? Key", 23)
    assert not is_surname_introduced("Her file name is Key", 17)


def test_a_speaker_stands_behind_a_verb_of_speech() -> None:
    assert is_behind_speaking('"Yes," says Max.', 12)
    assert is_behind_speaking("Das ist so, sagte Max.", 18)
    assert not is_behind_speaking("essays Max", 7)
