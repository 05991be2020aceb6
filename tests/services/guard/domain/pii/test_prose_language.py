"""Small words tell prose of the classifier's languages from other text."""

import pytest

from services.guard.domain.pii.prose_language import (
    is_in_clear_prose,
    is_in_foreign_prose,
    is_in_german,
    is_in_known_prose,
)


@pytest.mark.parametrize(
    "text",
    [
        "she told me that the letter is here",
        "sie hat mir nicht gesagt, dass der Brief da ist",
        "elle ne m'a pas dit que la lettre est dans la boîte",
        "ella no sabe que la carta es para los padres",
        "non sa che la lettera è nella casa",
        "ela não sabe que a carta foi para os pais",
        "zij weet niet dat het huis van haar ouders is",
    ],
)
def test_the_languages_of_the_classifier_are_known(text: str) -> None:
    assert is_in_known_prose(text, 0, 3)
    assert not is_in_foreign_prose(text, 0, 3)


@pytest.mark.parametrize(
    "text",
    [
        "dia pergi menemui temannya dengan cepat sekali kemarin",
        "hän kertoi minulle eilen illalla uudesta kirjeestä talossa",
        "bu sabah arkadaşına yeni bir mektup gönderdi ve sevindi",
    ],
)
def test_other_languages_are_foreign(text: str) -> None:
    assert not is_in_known_prose(text, 0, 3)
    assert is_in_foreign_prose(text, 0, 3)


def test_few_words_are_neither() -> None:
    assert not is_in_known_prose("Zorvath 12", 0, 7)
    assert not is_in_foreign_prose("Zorvath 12", 0, 7)


def test_two_small_words_make_prose_clear() -> None:
    assert is_in_clear_prose("Anna is the assistant of our director", 0, 4)
    assert not is_in_clear_prose("Anna je naše nová kolegyně z Brna", 0, 4)


def test_german_is_told_from_its_neighbours() -> None:
    assert is_in_german("Max hat nicht mit ihr gesprochen", 0, 3)
    assert not is_in_german("Max heeft niet met haar gesproken", 0, 3)
    assert not is_in_german("Max was not in the house", 0, 3)
