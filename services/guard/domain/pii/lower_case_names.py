"""How sure a classifier must be of a name that is written without capitals."""

from collections.abc import Sequence

from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_introductions import is_behind_preposition
from services.guard.domain.pii.name_layout import fills_line
from services.guard.domain.pii.name_likeness import IMPROBABLE_NAME, LIKELY_NAME, name_likeness
from services.guard.domain.pii.name_lists import (
    is_ambiguous_given_name,
    is_given_name,
    is_known_name,
    is_only_ordinary,
    is_other_word,
    is_surname,
    may_be_given_name,
)
from services.guard.domain.pii.name_scores import (
    AMBIGUOUS_NAME_SCORE,
    CERTAIN_SCORE,
    FULL_NAME_SCORE,
    INTRODUCED_SCORE,
    LIKELY_NAME_SCORE,
    NEVER,
    SINGLE_NAME_SCORE,
    SUPPORTED_LOWER_CASE_SCORE,
    UNSUPPORTED_SCORE,
)
from services.guard.domain.pii.name_surroundings import follows_small_word, is_cell

MIN_SINGLE_CHARS = 4
PREPOSITIONS = frozenset(("de", "da", "do", "di", "del", "della", "du", "des", "of", "von"))
"""Before a subject in small letters, as in "professor de química"."""


def needed_in_lower_case(name: NameCandidate) -> float:
    """Of a name without capitals in a text that has some, or whose language the classifier does not know."""
    first, *others = name.words
    if name.is_introduced_in_speech and not _is_phrase(name):
        return SUPPORTED_LOWER_CASE_SCORE
    if not others and is_cell(name.text, name.start, name.end):
        return NEVER
    if _is_full_name_behind_preposition(name):
        return SUPPORTED_LOWER_CASE_SCORE
    if not is_given_name(first):
        return _of_other(name, first, others)
    if any(map(is_known_name, others)) or name.is_addressed or name.is_introduced:
        return SUPPORTED_LOWER_CASE_SCORE
    return _of_given_name(name)


def _is_phrase(name: NameCandidate) -> bool:
    """Whether one of several words means something else, and none is a given name, as in "de química"."""
    if len(name.words) == 1 or name.has_given_name:
        return False
    return name.words[0] in PREPOSITIONS or any(map(is_other_word, name.words))


def _is_full_name_behind_preposition(name: NameCandidate) -> bool:
    """Whether a preposition stands before a listed given name and surname of which the classifier is sure."""
    first, *others = name.words
    if not others or not name.is_sure or not name.is_in_known_prose:
        return False
    return (
        may_be_given_name(first)
        and all(map(is_surname, others))
        and is_behind_preposition(name.text, name.start)
    )


def _of_other(name: NameCandidate, first: str, others: Sequence[str]) -> float:
    """Of a name of which the first word is no given name alone."""
    if not name.is_running or not name.is_in_known_prose or not name.is_in_read_language:
        return NEVER
    if any(map(is_given_name, others)):
        return AMBIGUOUS_NAME_SCORE
    if others or len(first) < MIN_SINGLE_CHARS:
        return NEVER
    if not may_be_given_name(first) or not is_only_ordinary(first):
        return NEVER
    return CERTAIN_SCORE if name.is_about_others or name.is_subject or name.is_acting else NEVER


def _of_given_name(name: NameCandidate) -> float:
    """Of a given name in lower case with nothing else that supports it."""
    if not name.is_running or not name.is_in_read_language or name.is_in_foreign_prose:
        return NEVER
    is_in_sentence = name.is_in_known_prose and follows_small_word(name.text, name.start)
    if not is_in_sentence:
        return UNSUPPORTED_SCORE
    return LIKELY_NAME_SCORE if name.is_about_others or name.is_acting else SINGLE_NAME_SCORE


def needed_in_lower_case_text(name: NameCandidate) -> float:
    """The least score of a name in a text that has no capitals at all."""
    first, *others = name.words
    if not others and is_cell(name.text, name.start, name.end):
        return NEVER
    if name.is_introduced:
        return INTRODUCED_SCORE
    if name.has_given_name:
        return INTRODUCED_SCORE if others or name.is_in_known_prose else AMBIGUOUS_NAME_SCORE
    if is_ambiguous_given_name(first) and (any(map(is_surname, others)) or name.is_addressed):
        return FULL_NAME_SCORE
    return _of_doubtful_name(name, first, others) if _may_be_without_prose(name) else NEVER


def _of_doubtful_name(name: NameCandidate, first: str, others: Sequence[str]) -> float:
    """Of words that lists hardly know, in a text without capitals."""
    if name.is_addressed and not name.is_other:
        return SINGLE_NAME_SCORE
    if not others:
        return UNSUPPORTED_SCORE if _may_be_single_name(name, first) else NEVER
    return SINGLE_NAME_SCORE if _may_be_full_name(name, first, others) else NEVER


def _may_be_without_prose(name: NameCandidate) -> bool:
    """Whether understood words are around, or a verb, a list or the line tells that it may be a name."""
    if name.is_addressed or name.is_in_known_prose or any(map(is_surname, name.words)):
        return True
    return fills_line(name.text, name.start, name.end)


def _may_be_single_name(name: NameCandidate, word: str) -> bool:
    """Whether the word is a surname, or written like a name, in prose."""
    if len(word) < MIN_SINGLE_CHARS or is_other_word(word) or not name.is_running:
        return False
    if not name.is_in_known_prose:
        return False
    likeness = name_likeness(word)
    if is_surname(word) or likeness >= LIKELY_NAME:
        return True
    return likeness >= IMPROBABLE_NAME and name.weakest >= CERTAIN_SCORE and name.is_about_persons


def _may_be_full_name(name: NameCandidate, first: str, others: Sequence[str]) -> bool:
    if is_other_word(first) and not is_ambiguous_given_name(first):
        return False
    if not any(map(is_known_name, name.words)) and max(map(name_likeness, name.words)) < LIKELY_NAME:
        return False
    return name.is_sure or not any(map(is_other_word, others))
