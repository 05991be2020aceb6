"""Full names as texts write them: in capitals, or with the endings of Slavic cases."""

import re

from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_layout import fills_line
from services.guard.domain.pii.name_lists import is_other_word, may_be_given_name
from services.guard.domain.pii.name_surroundings import begins_sentence

FULL_NAME_WORDS = range(2, 4)
MIN_SHOUTED_CHARS = 3
MIN_STEM_CHARS = 3
SLAVIC_SURNAME = re.compile(
    r"[^\W\d_]{2,20}(?:sk|ck|dzk|tsk)(?:i|a|iego|iemu|im|iej|ą|ého|ému|ým|é|ou|y|ý|á)"
    r"|[^\W\d_]{2,20}(?:ov(?:á|é|ou|a|i|em|ým)|ová|ové|ou|czyk(?:a|owi|iem)?|wicz(?:a|owi|em)?)"
    r"|[^\W\d_]{3,20}(?:iak|czak)(?:a|owi|iem)?"
)
"""Endings of Polish, Czech and Slovak surnames in all cases."""
CASE_ENDINGS = ("owi", "ovi", "iem", "em", "ie", "ou", "ą", "ę", "u", "a", "o", "y", "i", "e")
NOMINATIVE_ENDINGS = ("", "a", "ek")


def is_shouted_full_name(name: NameCandidate) -> bool:
    """Whether it is a full name in capitals, alone in its line or before a word in small letters."""
    words = name.words
    if len(words) not in FULL_NAME_WORDS or not any(map(may_be_given_name, words)):
        return False
    if any(len(word) < MIN_SHOUTED_CHARS or not word.isalpha() or is_other_word(word) for word in words):
        return False
    if fills_line(name.text, name.start, name.end):
        return True
    return name.is_introduced or (begins_sentence(name.text, name.start) and name.is_running)


def is_inflected_full_name(first: str, last: str) -> bool:
    """Whether a given name in any case stands before a surname with a Slavic ending."""
    return SLAVIC_SURNAME.fullmatch(last.lower()) is not None and is_inflected_given_name(first)


def is_inflected_given_name(word: str) -> bool:
    """Whether the word is a given name with the ending of a case."""
    lower = word.lower()
    stems = (lower.removesuffix(ending) for ending in CASE_ENDINGS if lower.endswith(ending))
    return any(
        may_be_given_name(stem + nominative)
        for stem in stems
        if len(stem) >= MIN_STEM_CHARS
        for nominative in NOMINATIVE_ENDINGS
    )
