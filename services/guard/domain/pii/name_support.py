"""How sure a classifier must be of a name, by what lists, capitals and the text around say of it."""

from collections.abc import Sequence

from services.guard.domain.pii.caseless_names import has_no_case, needed_of_caseless_name
from services.guard.domain.pii.full_names import is_inflected_full_name, is_shouted_full_name
from services.guard.domain.pii.lower_case_names import needed_in_lower_case, needed_in_lower_case_text
from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_context import is_value
from services.guard.domain.pii.name_introductions import is_introduced_weakly
from services.guard.domain.pii.name_layout import fills_line, is_above_address
from services.guard.domain.pii.name_likeness import name_likeness
from services.guard.domain.pii.name_lists import (
    is_ambiguous_given_name,
    is_known_name,
    is_of_town,
    is_other_word,
    is_surname,
    is_thing,
    may_be_given_name,
)
from services.guard.domain.pii.name_scores import (
    FULL_NAME_SCORE,
    GIVEN_NAME_SCORE,
    INTRODUCED_SCORE,
    LIKELY_NAME_SCORE,
    NEVER,
    SINGLE_NAME_SCORE,
    UNKNOWN_NAME_SCORE,
)
from services.guard.domain.pii.name_surroundings import is_latin, is_numeral, is_quoted
from services.guard.domain.pii.single_names import needed_of_single_name
from services.guard.domain.pii.thing_context import is_german_dish, is_near_goods

FULL_NAME_WORDS = 2
MIN_ACRONYM_CHARS = 3


def needed_score(name: NameCandidate, *, is_lower_case: bool) -> float:
    """The least score of the best word; `is_lower_case`: the whole text has no capitals."""
    if has_no_case(name.written):
        return needed_of_caseless_name(name)
    if not name.has_form or _is_value_of_setting(name):
        return NEVER
    if not name.written.islower():
        return _of_capitalised(name)
    if name.is_part_of_other or name.has_small_word:
        return NEVER
    if is_lower_case and name.is_in_read_language:
        return needed_in_lower_case_text(name)
    return needed_in_lower_case(name)


def _is_value_of_setting(name: NameCandidate) -> bool:
    """Whether one word is the value of a setting, in small letters or with another meaning."""
    if len(name.words) > 1 or not is_value(name.text, name.start, name.end):
        return False
    return name.written.islower() or is_other_word(name.written)


def _of_capitalised(name: NameCandidate) -> float:
    capitalised = [word for word in name.words if word[0].isupper() and not is_numeral(word)]
    if name.is_introduced:
        is_weak = is_introduced_weakly(name.text, name.start) and not any(map(is_known_name, name.words))
        return SINGLE_NAME_SCORE if is_weak and len(capitalised) < FULL_NAME_WORDS else INTRODUCED_SCORE
    is_full_name = len(capitalised) > 1 or _has_small_given_name(name, capitalised)
    if name.is_part_of_other or not capitalised:
        return NEVER
    return _of_full_name(name, capitalised) if is_full_name else needed_of_single_name(name, capitalised[0])


def _has_small_given_name(name: NameCandidate, capitalised: Sequence[str]) -> bool:
    """Whether it is a surname with a capital behind a given name without."""
    return len(name.words) > 1 and name.has_given_name and all(map(is_surname, capitalised))


def _of_full_name(name: NameCandidate, capitalised: Sequence[str]) -> float:
    first, *others = capitalised
    if _is_compound(name, others) or _is_acronym(name, first, others) or _is_list_of_things(name):
        return NEVER
    if name.has_given_name:
        return LIKELY_NAME_SCORE if name.written.isupper() else GIVEN_NAME_SCORE
    return _of_full_name_without_given_name(name, capitalised)


def _of_full_name_without_given_name(name: NameCandidate, capitalised: Sequence[str]) -> float:
    """Of several words of which the lists know none as a given name alone."""
    first, *others = capitalised
    if name.is_of_language and not is_ambiguous_given_name(name.words[-1]):
        return NEVER
    if is_inflected_full_name(first, capitalised[-1]):
        return FULL_NAME_SCORE
    if _is_written_like_name(name, capitalised):
        if is_above_address(name.text, name.start, name.end):
            return INTRODUCED_SCORE
        if fills_line(name.text, name.start, name.end):
            return LIKELY_NAME_SCORE
    if is_ambiguous_given_name(first) or is_other_word(first):
        return _of_ambiguous_name(name, first, others)
    return _of_unknown_name(name, others)


def _is_list_of_things(name: NameCandidate) -> bool:
    """Whether one of the words in a list is a thing, or the first tells the town of a dish."""
    if is_of_town(name.words[0]) or is_german_dish(name.written) or _is_reduplicated(name):
        return True
    return "," in name.written and any(map(is_thing, name.words))


def _is_reduplicated(name: NameCandidate) -> bool:
    """Whether all words are the same one that is no given name, as in Duran Duran."""
    return len(set(name.words)) == 1 and not name.has_given_name


def _is_written_like_name(name: NameCandidate, capitalised: Sequence[str]) -> bool:
    """Whether no word but an initial means something else, and the words have the letters of names."""
    words = [word for word in capitalised if len(word) > 1]
    if len(words) < FULL_NAME_WORDS or not is_latin(name.written):
        return False
    if any(is_other_word(word) and not may_be_given_name(word) for word in words):
        return False
    return is_surname(words[-1]) or sum(map(name_likeness, words)) > 0


def _is_acronym(name: NameCandidate, first: str, others: Sequence[str]) -> bool:
    """Whether all words are unknown ones in capitals, or only the first of a name without given name."""
    if name.written.isupper():
        return not (all(map(is_known_name, (first, *others))) or is_shouted_full_name(name))
    return len(first) >= MIN_ACRONYM_CHARS and first.isupper() and not name.has_given_name


def _is_compound(name: NameCandidate, others: Sequence[str]) -> bool:
    """Whether a hyphen joins the first word to one that is no name."""
    if " " in name.written:
        return False
    return not any(map(is_known_name, others)) or is_near_goods(name.text, name.start, name.end)


def _of_unknown_name(name: NameCandidate, others: Sequence[str]) -> float:
    """Of several words of which the first is in no list."""
    is_surname_known = any(map(is_surname, others))
    if not is_latin(name.written) or not name.is_in_prose or _is_unreadable(name, others):
        return NEVER
    if name.is_in_foreign_prose and not is_surname_known and not name.is_sure:
        return NEVER
    if any(map(is_other_word, others)) and name.weakest < UNKNOWN_NAME_SCORE:
        return NEVER
    return FULL_NAME_SCORE if name.is_addressed or is_surname_known else UNKNOWN_NAME_SCORE


def _is_unreadable(name: NameCandidate, others: Sequence[str]) -> bool:
    """Whether it is a title in quotation marks, or no known surname in a language that is not read."""
    if is_quoted(name.text, name.start, name.end):
        return True
    return not any(map(is_surname, others)) and not name.is_in_read_language


def _of_ambiguous_name(name: NameCandidate, first: str, others: Sequence[str]) -> float:
    """Of several words of which the first is also another word."""
    if not is_ambiguous_given_name(first):
        return NEVER
    if not any(map(is_other_word, others)):
        return FULL_NAME_SCORE
    return SINGLE_NAME_SCORE if any(map(is_surname, others)) or name.is_sure else NEVER
