"""Addresses with a spelled at sign or point are read in many languages; sentences are not."""

import pytest

from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import replaced, unchanged
from services.guard.domain.text.spelled_addresses import spelled_addresses


def read(text: str) -> str:
    return replaced(unchanged(normalise(text)), [*spelled_addresses(text)]).text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna [at] example [dot] com", "anna@example.com"),
        ("anna(at)example(dot)com", "anna@example.com"),
        ("anna {AT} mail {DOT} example {DOT} co {DOT} uk", "anna@mail.example.co.uk"),
        ("anna <at> example.com", "anna@example.com"),
        ("anna(a)example.com", "anna@example.com"),
        ("anna.schmidt [@] example.com", "anna.schmidt@example.com"),
        ("anna (dot) schmidt (at) example (dot) com", "anna.schmidt@example.com"),
        ("anna(ät)beispiel(punkt)de", "anna@beispiel.de"),
        ("anna at example dot com", "anna@example.com"),
        ("anna arobase exemple point fr", "anna@exemple.fr"),
        ("anna arroba ejemplo punto es", "anna@ejemplo.es"),
        ("anna arroba exemplo ponto pt", "anna@exemplo.pt"),
        ("anna chiocciola esempio punto it", "anna@esempio.it"),
        ("anna apenstaartje voorbeeld punt nl", "anna@voorbeeld.nl"),
        ("anna małpa example kropka pl", "anna@example.pl"),
        ("anna zavináč example tečka cz", "anna@example.cz"),
        ("anna собака example точка ru", "anna@example.ru"),
        ("anna snabel-a example punkt se", "anna@example.se"),
        ("anna bei example punkt de", "anna@example.de"),
        ("anna@example[dot]com", "anna@example.com"),
        ("anna @ example dot com", "anna@example.com"),
        ("E-Mail: anna @ example.com", "E-Mail: anna@example.com"),
        ("anna-at-example-dot-com", "anna@example.com"),
        ("Mail: anna.schmidt at example.com", "Mail: anna.schmidt@example.com"),
    ],
)
def test_an_address_is_read(text: str, address: str) -> None:
    assert read(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "Look at the dot com bubble.",
        "We work at amazon dot com these days.",
        "Contact us at example.com for more.",
        "Meet me at noon. Come early.",
        "Use list[at] for the index, see foo(a) and b.c.",
        "designer et le point de départ",
        "The function maps f(a)b to c.",
        "items [at] the end",
        "Meet us @ example.com today",
        "mail anna.schmidt@example.com today",
    ],
)
def test_a_sentence_stays(text: str) -> None:
    assert read(text) == text
    assert not [*spelled_addresses(text)]
