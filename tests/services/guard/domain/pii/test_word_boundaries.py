"""A token widens to the whole word that it is a part of, with its combining marks."""

from services.guard.domain.pii.word_boundaries import WordBoundaries


def test_a_part_of_a_word_widens_to_the_word() -> None:
    boundaries = WordBoundaries("ask Zorvath now")

    assert (boundaries.left(6), boundaries.right(8)) == (4, 11)


def test_combining_marks_belong_to_the_word() -> None:
    assert WordBoundaries("Jose\u0301 Diaz").right(2) == 5
