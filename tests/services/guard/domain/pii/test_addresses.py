"""Streets with the number behind are looked for where a number stands alone, and no other ones are found than in the whole text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.domain.pii.addresses import NUMBERED_BEHIND, numbered_behind

WORDS = [
    "Haupt",
    "straße",
    "Hauptstraße",
    "Kerkstraat",
    "Weg",
    "weg",
    "gata",
    "Ring-",
    "Lange",
    "Donaudampfschifffahrtsgesellschafts",
    "12",
    "1",
    "7b",
    "3-5",
    "12/4",
    "2024",
    ":30",
    ".",
    ",",
    "é",
]
PARTS = st.sampled_from([*WORDS, "Am alten", "alter Weg", "Storgatan 4", "x" * 40, "\n", " ", " ", " "])


@settings(max_examples=500)
@given(st.lists(PARTS, max_size=40))
def test_the_same_streets_are_found_as_by_trying_every_word(parts: list[str]) -> None:
    text = "".join(parts)
    assert [match.span() for match in numbered_behind(text)] == [
        match.span() for match in NUMBERED_BEHIND.finditer(text)
    ]
