"""Streets are found with their number and town; German ones are tried around numbers only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.guard.domain.pii.addresses import STREET_BEFORE_NUMBER, streets_before_numbers
from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged

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


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("at 12 Baker Street, London NW1 6XE now", "ADDRESS", "12 Baker Street, London NW1 6XE"),
        ("Hauptstraße 12a, 10115 Berlin", "ADDRESS", "Hauptstraße 12a, 10115 Berlin"),
        ("12 bis rue de la Paix, 75002 Paris", "ADDRESS", "12 bis rue de la Paix, 75002 Paris"),
        ("Calle de Alcalá 45, 28014 Madrid", "ADDRESS", "Calle de Alcalá 45, 28014 Madrid"),
        ("Via Giuseppe Verdi 12, 20121 Milano", "ADDRESS", "Via Giuseppe Verdi 12, 20121 Milano"),
        ("Kerkstraat 12, 1017 GC Amsterdam", "ADDRESS", "Kerkstraat 12, 1017 GC Amsterdam"),
        ("abito in via Castelli 12, 20121 Milano", "ADDRESS", "via Castelli 12, 20121 Milano"),
        ("PO Box 1234, Springfield, IL 62704", "ADDRESS", "PO Box 1234, Springfield, IL 62704"),
    ],
)
def test_an_address_is_found_with_its_town(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 ways to walk down the street",
        "During 2021, interest rose",
        "Chapter 5 The Long Road",
        "Tesla se asoció en 1886 con Robert Lane y Benjamin Vail",
        "in 1886, Robert Lane and Benjamin Vail",
        "Targeted 28 pts via Castles 10, 6, 5",
        "en inkomst av cirka 20400 kr",
        "Cook for 3 hours. Half way through it",
        "src/12 Main Street/file.txt",
        "reviewing will take place between August 21 and August 28",
    ],
)
def test_sentences_with_street_words_are_no_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(PARTS, max_size=40))
def test_trying_around_numbers_finds_the_same_streets_as_trying_every_word(parts: list[str]) -> None:
    text = "".join(parts)

    assert [match.span() for match in streets_before_numbers(text)] == [
        match.span() for match in STREET_BEFORE_NUMBER.finditer(text)
    ]
