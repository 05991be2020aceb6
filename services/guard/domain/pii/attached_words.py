"""Words that a classifier joins to a name though they are none of it, in the language of the text around."""

import re
from collections.abc import Sequence

from services.guard.domain.pii.language_words import is_small_word_of, is_word_of, languages_around
from services.guard.domain.pii.name_lists import (
    PARTICLES,
    is_known_name,
    is_surname,
)
from services.guard.domain.pii.name_surroundings import begins_sentence, is_numeral
from services.guard.domain.text.types import CharSpan

ACRONYM = re.compile("[B-DF-HJ-NP-TV-XZ]{3,6}")
"""Letters without a vowel, as of a town or an office."""
MIN_GENITIVE_CHARS = 4
GERMAN_ARTICLES = frozenset(("den", "der"))
"""Particles of names that are articles in German where none of `BEFORE_ARTICLE` is before."""
BEFORE_ARTICLE = frozenset(("van", "von", "op", "ter", "auf", "zu", "in"))


def own_words(text: str, spans: Sequence[CharSpan]) -> range:
    """The indexes of the words that are of the name itself; all of them where nothing is attached."""
    words = [text[start:end] for start, end in spans]
    languages = languages_around(text, spans[0][0], spans[-1][1])
    first, last = 0, len(words)
    begins = begins_sentence(text, spans[0][0])
    if "de" in languages:
        last = _end_before_german(words)
    while last - first > 1 and _is_attached_before(words[first:last], languages, begins=begins):
        first += 1
    while last - first > 1 and _is_attached_behind(words[first:last], languages):
        last -= 1
    return range(first, last)


def may_follow(text: str, name: CharSpan, surname: CharSpan) -> bool:
    """Whether a word behind a name may be its surname, or is one of German, in which nouns have capitals."""
    if "de" not in languages_around(text, *name):
        return True
    written = text[slice(*surname)]
    if text[name[1] : surname[0]].strip() in GERMAN_ARTICLES:
        return False
    return is_known_name(written) or not is_word_of(written, ("de",))


def _end_before_german(words: Sequence[str]) -> int:
    """The number of words before an article, or before what a genitive owns."""
    for index in range(1, len(words)):
        if words[index] in GERMAN_ARTICLES and words[index - 1].lower() not in BEFORE_ARTICLE:
            return index
        if _is_genitive(words[index - 1]) and not is_known_name(words[index]):
            return index
    return len(words)


def _is_genitive(word: str) -> bool:
    """Whether it is a word with the German ending that no list knows with it."""
    return (
        word.endswith("s")
        and len(word) > MIN_GENITIVE_CHARS
        and not is_known_name(word)
        and word[0].isupper()
    )


def _is_attached_before(words: Sequence[str], languages: frozenset[str], *, begins: bool) -> bool:
    """Whether the first word is none of a name that begins behind it."""
    first, following, *_ = words
    if is_known_name(first) or not is_known_name(following) or not following[0].isupper():
        return False
    if ACRONYM.fullmatch(first) and following.istitle():
        return True
    return begins and first[0].isupper() and first.lower() not in PARTICLES and is_word_of(first, languages)


def _is_attached_behind(words: Sequence[str], languages: frozenset[str]) -> bool:
    """Whether the last word is none of a name that ends before it."""
    *names, last = words
    if is_known_name(last) or is_numeral(last) or last in PARTICLES:
        return False
    if ACRONYM.fullmatch(last) and names[-1].istitle():
        return True
    if last[0].islower():
        return is_small_word_of(last, languages) and any(map(is_known_name, names))
    return _may_be_capitalised(names, languages) and is_word_of(last, languages)


def _may_be_capitalised(names: Sequence[str], languages: frozenset[str]) -> bool:
    """Whether a word that is no name may have a capital behind these: a German noun, or a Turkish head."""
    if "de" in languages:
        return is_surname(names[-1])
    return "tr" in languages and len(names) > 1
