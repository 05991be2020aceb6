"""Word lists are read by section, without comments and blank lines."""

import pytest

from services.guard.domain.text.word_lists import read_sections, read_word_list


def test_the_sections_of_a_list_are_read_in_order() -> None:
    sections = read_sections("lexicon.txt")

    assert [section for section, words in sections.items() if words] == ["common", "attack"]
    assert sections["common"][:3] == ("a", "able", "about")


@pytest.mark.parametrize(
    "name",
    [
        "given_names.txt",
        "key_shapes.txt",
        "lexicon.txt",
        "number_words.txt",
        "public_figures.txt",
        "secret_words.txt",
        "street_types.txt",
    ],
)
def test_an_entry_is_neither_blank_nor_a_comment(name: str) -> None:
    entries = [entry for section in read_sections(name).values() for entry in section]

    assert entries
    assert all(entry == entry.strip() and entry[0] not in "#[" for entry in entries)


def test_a_list_without_sections_is_one_tuple() -> None:
    assert read_word_list("given_names.txt")[0] == "aaaqil"
