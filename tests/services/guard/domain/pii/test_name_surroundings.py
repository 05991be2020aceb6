"""The text around a word tells code, tables and other names from running text."""

import time

import pytest

from services.guard.domain.pii.name_surroundings import (
    begins_sentence,
    follows_article,
    follows_small_word,
    has_form_of_name,
    is_acronym,
    is_after_letters,
    is_called_thing,
    is_cell,
    is_code,
    is_example,
    is_in_prose,
    is_in_read_language,
    is_in_running_text,
    is_in_state,
    is_marked_up,
    is_part_of_other_name,
    is_place,
    is_quoted,
    is_ruler,
    is_taxon,
    occurs_in_lower_case,
)


def span_of(marked: str) -> tuple[str, int, int]:
    """The text without the brackets around a word, and the word's span."""
    before, _, rest = marked.partition("[")
    word, _, after = rest.partition("]")
    return before + word + after, len(before), len(before) + len(word)


@pytest.mark.parametrize(
    "marked",
    [
        "name = [getattr](obj)",
        "os.[urandom]",
        "my_[anna]_key",
        "path/[carla]/x",
        "`[alex]`",
        "def [carla]",
        '"[julia]": 1',
    ],
)
def test_identifiers_paths_and_keys_are_code(marked: str) -> None:
    assert is_code(*span_of(marked))


@pytest.mark.parametrize(
    "marked", ["ask [Carla] now", "Dear [Carla],", "([Carla])", "[Carla]'s bag", "with [Carla]."]
)
def test_punctuation_of_sentences_is_no_code(marked: str) -> None:
    assert not is_code(*span_of(marked))


def test_a_word_in_lower_case_beside_it_makes_running_text() -> None:
    assert is_in_running_text(*span_of("yesterday [Carla], Peter"))
    assert is_in_running_text(*span_of("[Carla]'s bag"))
    assert not is_in_running_text(*span_of("[Carla] Monthly Report"))


def test_prose_has_as_many_words_in_lower_case_as_with_capitals() -> None:
    assert is_in_prose(*span_of("please pay to Holder [Carla Zorv], Card 12"))
    assert not is_in_prose(*span_of("Name, Score\n[Carla Zorv], 12"))


def test_letters_tell_languages_that_the_classifier_does_not_know() -> None:
    assert is_in_read_language(*span_of("où est [Carla]?"))
    assert not is_in_read_language(*span_of("gdzie jest wąż [Carla]?"))


@pytest.mark.parametrize(
    ("marked", "begins"),
    [("[Carla] sings", True), ("Yes. [Carla] sings", True), ("- [Carla]", True), ("so [Carla]", False)],
)
def test_a_sentence_begins_after_a_stop_or_a_line_end(marked: str, begins: bool) -> None:
    text, start, _ = span_of(marked)
    assert begins_sentence(text, start) is begins


@pytest.mark.parametrize(
    "marked", ["[Carla] Street", "[Carla]'s Theatre", "Lake [Carla]", "[Carla] & Partners"]
)
def test_heads_and_beginnings_make_a_name_that_of_something_else(marked: str) -> None:
    assert is_part_of_other_name(*span_of(marked))


def test_numerals_states_and_prepositions_tell_rulers_and_places() -> None:
    text, start, end = span_of("in [Carla], OH")
    assert is_place(text, start)
    assert is_in_state(text, end)
    assert is_ruler("Ludwig XIV.", 6)
    assert not is_ruler("Ludwig Investments", 6)


@pytest.mark.parametrize("marked", ['1,"[Carla]",0.2', "| [Carla] | 3 |", "a,[Carla],b"])
def test_a_cell_has_nothing_else(marked: str) -> None:
    assert is_cell(*span_of(marked))


def test_a_list_in_a_sentence_has_no_cells() -> None:
    assert not is_cell(*span_of("with Anna, [Carla], and Eve"))


def test_the_word_in_lower_case_is_looked_for_by_itself() -> None:
    assert occurs_in_lower_case(*span_of("[Marble] is a marble."))
    assert not occurs_in_lower_case(*span_of("[Mark] does marketing."))


def test_acronyms_stand_out_of_other_letters() -> None:
    assert is_acronym(*span_of("the [AIDA] formula"))
    assert not is_acronym(*span_of("DEAR [AIDA], HELLO"))


@pytest.mark.parametrize(
    ("word", "is_name"),
    [
        ("McIsaac", True),
        ("DeSantis", True),
        ("Müller", True),
        ("FastApi", False),
        ("HBase", False),
        ("x1", False),
        ("Ubuntuの", False),
    ],
)
def test_names_have_one_script_and_no_camel_case(word: str, is_name: bool) -> None:
    assert has_form_of_name(word) is is_name


def test_looking_for_lower_case_takes_time_by_the_word_not_by_the_text() -> None:
    text = "Zorvath " * 50_000
    started = time.process_time()
    for start in range(0, 80_000, 8):
        occurs_in_lower_case(text, start, start + 7)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("**[Anna Meyer]** said", True),
        ("<b>[Anna Meyer]</b> said", True),
        ("*[Anna Meyer] voice*", True),
        ("It is so. -[Anna Meyer]", True),
        ("x_[Anna]_y", False),
        ("a-[Anna]", False),
        ("[Anna](1)", False),
    ],
)
def test_emphasis_is_told_from_code(marked: str, expected: bool) -> None:
    assert is_marked_up(*span_of(marked)) is expected


def test_words_before_tell_things_from_persons() -> None:
    assert is_called_thing("a restaurant called Bacco", 20)
    assert not is_called_thing("a friend called Bacco", 16)
    assert follows_article("the Calvin cycle", 4)
    assert not follows_article("then Calvin came", 5)
    assert is_example("databases such as Doris", 18)
    assert not is_example("I know that Doris", 12)
    assert is_after_letters("KFC Katelijne", 4)
    assert not is_after_letters("RT Katelijne", 3)
    assert not is_after_letters("AND Katelijne", 4)
    assert follows_small_word("when mike", 5)
    assert not follows_small_word("10:59:46 mike", 9)


def test_titles_stand_in_quotation_marks_and_families_of_plants_have_endings() -> None:
    assert is_quoted('the song "Anna" is', 10, 14)
    assert not is_quoted('"Anna is here"', 1, 5)
    assert is_taxon("Rosaceae")
    assert is_taxon("Troglodytidae")
    assert not is_taxon("Rosa")
