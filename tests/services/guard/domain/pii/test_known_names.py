"""The name of a known person is found in its genitive and in names of files, and not in longer words."""

import pytest

from services.guard.domain.pii.known_names import begins_name, ends_name, has_forms


def stands(text: str, value: str) -> bool:
    start = text.index(value)
    return begins_name(text, start) and ends_name(text, start + len(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Nowaks Vertrag", "Nowak"), ("das ist Nowaks.", "Nowak"), ("Nowak's", "Nowak"), ("Nowak’s", "Nowak"),
        ("Nowak_2024.pdf", "Nowak"), ("Ewa Nowak_cv.docx", "Ewa Nowak"), ("Nowak-2", "Nowak"),
        ("Nowak.pdf", "Nowak"), ("cv_Nowak.pdf", "Nowak"), ("2024_Nowak_final.txt", "Nowak"),
    ],
)  # fmt: skip
def test_a_genitive_and_the_name_of_a_file_hold_the_name(text: str, value: str) -> None:
    assert stands(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Marketing", "Market"), ("Markets fell", "Market"), ("Nowakowski", "Nowak"), ("Nowaksen", "Nowak"),
        ("Nowak_count = 3", "Nowak"), ("my_Nowak", "Nowak"), ("Nowaks@x.org", "Nowak"),
        ("Nowak_1@x.org", "Nowak"), ("Nowak.name", "Nowak"), ("$Nowak_1", "Nowak"),
    ],
)  # fmt: skip
def test_a_longer_word_a_variable_and_an_address_do_not(text: str, value: str) -> None:
    assert not stands(text, value)


def test_a_short_name_is_sought_as_it_is_alone() -> None:
    assert not has_forms("Mark")
    assert has_forms("Jo Li B")
