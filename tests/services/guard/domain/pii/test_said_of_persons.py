"""Words around a name are said of persons only."""

import pytest

from services.guard.domain.pii.said_of_persons import is_said_of_person


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("My aunt Mercedes sells apples.", True),
        ("Meine Schwester Jasmin kommt.", True),
        ("Mercedes, my daughter, bought apples.", True),
        ("Mercedes from our cloud team restarted it.", True),
        ("Jasmin is sick.", True),
        ("Mercedes lost her keys near the server.", True),
        ("Mercedes is a brand.", False),
        ("Our server Mercedes runs Linux.", False),
        ("Mercedes from the catalogue.", False),
        ("Jasmin is a test runner.", False),
        ("Jasmin reads its configuration.", False),
    ],
)
def test_relations_teams_and_states(text: str, *, is_said: bool) -> None:
    name = "Mercedes" if "Mercedes" in text else "Jasmin"
    start = text.index(name)
    assert is_said_of_person(text, start, start + len(name)) is is_said
