"""Tests of venues, works, products and places with names like those of persons."""

import pytest

from services.guard.domain.pii.thing_names import is_called_like_person

DIALOGUE = "User: I want to see a movie.\nSystem: What about {}?\nUser: Fine."
MEAL = "System: Shall I book a table at {}'s?\nUser: Yes, which food do they have?"


def is_thing(text: str, name: str) -> bool:
    """Whether the first occurrence of the name is one of a thing."""
    start = text.index(name)
    return is_called_like_person(text, start, start + len(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("an appointment at Clara Barton Medical Group", "Clara Barton"),
        ("It leaves from Jorge Chavez International Airport.", "Jorge Chavez"),
        ("The Gideon Archipelago lies there", "Gideon"),
        ("What does the company Wexford Hale do?", "Wexford Hale"),
        ("die Klage der Firma Bertoni", "Bertoni"),
        ("un tavolo al ristorante Serena per due", "Serena"),
        ("There is one. It's called Morton's.", "Morton"),
        ('《某片》（"Walter Mitty"）于2013年上映', "Walter Mitty"),
        ("看了《Walter Mitty》", "Walter Mitty"),
        ("| Film |\n| Larry Crowne (2011) | 4 |", "Larry Crowne"),
        ("play Layla Ruth by Some Band from the album Nova Grey", "Nova Grey"),
        ("What about Layla Ruth by Some Band?", "Layla Ruth"),
        ("What time is Annie Hall playing?", "Annie Hall"),
        ("Rate Emma four out of 5 stars", "Emma"),
        (DIALOGUE.format("Frances Ha"), "Frances Ha"),
        (MEAL.format("Molly"), "Molly"),
        ("How long does the train from Clifton to Warren take?", "Clifton"),
        ("System: Which city should I search?\nUser: Madison please.", "Madison"),
        ("Savina is located at 12 Oak Road.", "Savina"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X)", "Macintosh"),
        ("fix the Jade templates", "Jade"),
        ("Mina Ko, a friendly AI assistant, answers.", "Mina Ko"),
    ],
)
def test_that_things_are_told_from_persons(text: str, name: str) -> None:
    """The words and marks around say that it is no person."""
    assert is_thing(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My colleague Clara Barton works in a clinic.", "Clara Barton"),
        ("the company John founded in May", "John"),
        ("the hotel manager Anna Weber", "Anna Weber"),
        ("a letter from Clifton to Warren", "Clifton"),
        (DIALOGUE.format("it. Please ask Frances Ha"), "Frances Ha"),
        ("What about John Doe for this role?", "John Doe"),
        ("System: Who starred in the movie?\nUser: What about events with artist Jo Ray?", "Jo Ray"),
        ("We had dinner with Alice in Rome.", "Alice"),
        ("as Miller (2015) writes, it is so", "Miller"),
        ("Contact: Jane Roe\nClinic for children", "Jane Roe"),
        ("Emma gave me four apples", "Emma"),
        ('He said: "Walter Mitty" is here', "Walter Mitty"),
    ],
)
def test_that_persons_stay_persons(text: str, name: str) -> None:
    """Neighbours of those texts in which a person is meant."""
    assert not is_thing(text, name)
