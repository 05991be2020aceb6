"""Words around a name tell languages, firms, brands, dishes and parties of protocols from persons."""

import pytest

from services.guard.domain.pii.thing_context import (
    is_german_dish,
    is_in_name_of_firm,
    is_near_goods,
    is_near_technology,
    is_party_of_protocol,
    is_said_to_be_thing,
    is_titled_thing,
)


def span_of(text: str, word: str) -> tuple[int, int]:
    start = text.index(word)
    return start, start + len(word)


@pytest.mark.parametrize(
    ("text", "is_thing"),
    [
        ("Clarissa, Dora and Elena are programming languages.", True),
        ("Clarissa is a build tool for Java.", True),
        ("Clarissa y Dora son ciudades.", True),
        ("Clarissa is the database administrator.", False),
        ("Clarissa and Dora are friends.", False),
        ("Clarissa is new to Python.", False),
        ("Clarissa was hired by a company.", False),
        ("Clarissa and Dora are playing games.", False),
        ("Clarissa ist neu in der Stadt.", False),
        ("Clarissa \u00e8 nella citt\u00e0.", False),
    ],
)
def test_a_predicate_tells_things(text: str, *, is_thing: bool) -> None:
    assert is_said_to_be_thing(text, span_of(text, "Clarissa")[1]) is is_thing


@pytest.mark.parametrize(
    ("text", "is_firm"),
    [
        ("Compare Otto & Karl's with other brands.", True),
        ("Invite Otto & Karl's parents.", False),
        ("Otto & Karl are here.", False),
    ],
)
def test_an_ampersand_and_a_genitive_tell_firms(text: str, *, is_firm: bool) -> None:
    assert is_in_name_of_firm(text, *span_of(text, "Otto")) is is_firm
    assert is_in_name_of_firm(text, *span_of(text, "Karl")) is is_firm


def test_parties_of_a_protocol_are_no_persons() -> None:
    protocol, party = "Alice sends Bob an encrypted message.", "Alice and Bob marry in May."

    assert is_party_of_protocol(protocol, *span_of(protocol, "Bob"))
    assert not is_party_of_protocol(party, *span_of(party, "Bob"))
    assert not is_party_of_protocol("Alice lost her key.", 0, 5)
    assert not is_party_of_protocol("Alice and Bob signed the protocol of the meeting.", 0, 5)


def test_a_title_can_belong_to_a_brand() -> None:
    assert is_titled_thing("a glass of Dr. Pepper", 15)
    assert not is_titled_thing("an appointment with Dr. Peppers", 24)
    assert not is_titled_thing("Mrs. Butterworth lives next door.", 5)


def test_technical_words_and_goods_are_near() -> None:
    assert is_near_technology("Deploy Aurora on AWS", 7, 13)
    assert is_near_goods("Is Mercedes dearer than Lexus?", 3, 11)
    assert not is_near_goods("Is Mercedes at home?", 3, 11)


def test_the_adjective_of_a_town_before_a_dish() -> None:
    assert is_german_dish("Bremer Knipp") is False
    assert is_german_dish("Wilhelmshavener Aalsuppe")
