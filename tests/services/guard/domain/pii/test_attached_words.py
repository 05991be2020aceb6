"""Words of the language around are cut off a name, and surnames are not."""

import re

import pytest

from services.guard.domain.pii.attached_words import may_follow, own_words


def own(marked: str) -> str:
    """The words in brackets that are of the name itself."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(start + word.start(), start + word.end()) for word in re.finditer(r"\S+", text[start:end])]
    return " ".join(text[slice(*spans[index])] for index in own_words(text, spans))


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("Was sagte [Luther Arbeitern] und der Stadt über das Gelübde?", "Luther"),
        ("Wer war nicht mit [Rabenaus Machtbasis] und dem Staat verbunden?", "Rabenaus"),
        ("Da nahm [Miller Newton den Ball] und lief nach vorne, aber nicht weit.", "Miller Newton"),
        ("Das ist [Anna Schmidt] und sie wohnt bei uns.", "Anna Schmidt"),
        ("Das ist [Wolf von der Heide] und er wohnt bei uns.", "Wolf von der Heide"),
        ("Anh [Nguyen Binh LBKT] là người của đội và đã nói không.", "Nguyen Binh"),
        ("She said that [Norman Cantor] was there with them.", "Norman Cantor"),
    ],
)
def test_only_words_of_the_name_are_kept(marked: str, expected: str) -> None:
    assert own(marked) == expected


def test_a_german_noun_or_article_does_not_follow_a_name() -> None:
    text = "Er sagte, dass Luther Arbeitern und auch der Stadt nicht half"
    start = text.index("Luther")
    assert not may_follow(text, (start, start + 6), (start + 7, start + 16))
    assert may_follow("She met Luther Mason and they left", (8, 14), (15, 20))
