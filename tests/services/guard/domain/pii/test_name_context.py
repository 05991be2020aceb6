"""Things in a list, dishes, short texts and settings tell that a given name is none of a person."""

import pytest

from services.guard.domain.pii.name_context import (
    is_about_persons,
    is_listed_with_thing,
    is_part_of_thing,
    is_short,
    is_value,
)


def place(marked: str) -> tuple[str, int, int]:
    """The text, and where the words in brackets start and end."""
    return marked.replace("[", "").replace("]", ""), marked.index("["), marked.index("]") - 1


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[Jasper], onyx and more", True),
        ("Tulip or [Daisy]?", True),
        ("Python, Zorvath and [Julia]", True),
        ("[Sabine] and her mother", False),
        ("[Sabine], Anna and Thomas", False),
    ],
)
def test_a_list_with_a_thing_names_things(marked: str, expected: bool) -> None:
    assert is_listed_with_thing(*place(marked)) is expected


def test_the_words_of_a_dish_or_plant_are_no_name() -> None:
    assert is_part_of_thing(*place("a [Granny Smith] for me"))
    assert is_part_of_thing(*place("the Beef [Wellington] is done"))
    assert not is_part_of_thing(*place("ask [Sabine Smith] now"))


def test_pronouns_and_verbs_tell_of_persons() -> None:
    assert is_about_persons(*place("[Sabine] called"))
    assert not is_about_persons(*place("Use [Julia] here"))


def test_a_text_of_a_few_words_is_short() -> None:
    assert is_short("Run it again?")
    assert not is_short("one two three four five six seven")


def test_a_word_alone_behind_a_small_key_is_a_value() -> None:
    assert is_value(*place("- name: [atlas]\n"))
    assert is_value(*place("project: [phoenix]"))
    assert not is_value(*place("Name: [Sabine]"))
    assert not is_value(*place("name: [sabine] meyer"))
