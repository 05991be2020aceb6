"""The frequent words of single languages, which are no names in a text of their language."""

import re
from collections import Counter
from collections.abc import Iterable

from services.guard.domain.pii.name_lists import ORDINARY_WORDS, may_be_given_name
from services.guard.domain.pii.prose_language import MAX_CHARS, WORD
from services.guard.domain.text.word_lists import read_sections

_SECTIONS = read_sections("words_of_languages.txt")
WORDS = {name: frozenset(words) for name, words in _SECTIONS.items() if len(name) == len("xx")}
"""The frequent words of each language that no list has for all languages."""
_SMALL = {name.removesuffix(" small"): words for name, words in _SECTIONS.items() if name.endswith(" small")}
SMALL_WORDS = {language: frozenset(words) for language, words in _SMALL.items()}
"""The most usual words of each language."""
_LANGUAGES_OF = {
    word: tuple(language for language, words in SMALL_WORDS.items() if word in words)
    for word in frozenset().union(*SMALL_WORDS.values())
}
MIN_SMALL_WORDS = 2
FEW_WORDS = 6
"""In so short a text, one small word tells its language."""
GREEK_WORDS = WORDS["el"]
KOREAN_PARTICLE = re.compile("[\uc744\ub97c\uc740\ub294\uc774\uac00\uc758\uc5d0\ub3c4\ub85c]\\Z")
MIN_KOREAN_CHARS = 2
TURKISH_ENDING = re.compile(
    "(?:s?[\u0131iu\u00fc](?:n[\u0131iu\u00fc]n?|nd[ea]n?|yl[ea])?|l[ae]r[\u0131i]?|n?[\u0131iu\u00fc]n|[dt][ea]n?)\\Z"
)
"""Of a case, a plural or the head of a compound."""
MIN_TURKISH_CHARS = 3


def languages_around(text: str, start: int, end: int) -> frozenset[str]:
    """The languages of which most small words are around; none where English may be one of them."""
    around = (
        *WORD.findall(text, max(0, start - MAX_CHARS), start),
        *WORD.findall(text, end, end + MAX_CHARS),
    )
    counts = Counter(language for word in around for language in _LANGUAGES_OF.get(word.lower(), ()))
    most = max(counts.values(), default=0)
    if most < (1 if len(around) <= FEW_WORDS else MIN_SMALL_WORDS):
        return frozenset()
    most_used = frozenset(language for language, count in counts.items() if count == most)
    return frozenset() if "en" in most_used else most_used


def is_word_of(word: str, languages: Iterable[str]) -> bool:
    """Whether it is a frequent word of one of the languages, and no given name alone."""
    lower = _lower(word)
    if any(lower in WORDS[language] or lower in SMALL_WORDS[language] for language in languages):
        return True
    return "tr" in languages and _is_turkish_form(lower)


def is_small_word_of(word: str, languages: Iterable[str]) -> bool:
    """Whether it is one of the most usual words of one of the languages, and no given name."""
    lower = _lower(word)
    return not may_be_given_name(word) and any(lower in SMALL_WORDS[language] for language in languages)


def is_korean_word(word: str) -> bool:
    """Whether it is a frequent Korean word, with a particle or without."""
    stem = KOREAN_PARTICLE.sub("", word)
    return word in WORDS["ko"] or (len(stem) >= MIN_KOREAN_CHARS and stem in WORDS["ko"])


def _is_turkish_form(lower: str) -> bool:
    """Whether the word is a Turkish one with an ending."""
    stem = TURKISH_ENDING.sub("", lower)
    if stem == lower or len(stem) < MIN_TURKISH_CHARS:
        return False
    return stem in WORDS["tr"] or (stem in ORDINARY_WORDS and not may_be_given_name(stem))


def _lower(word: str) -> str:
    """The word in small letters, with the Turkish dotted capital as one letter."""
    return word.replace("\u0130", "i").lower()


def is_word_around(text: str, start: int, end: int) -> bool:
    """Whether the word there is one of the language around."""
    return is_word_of(text[start:end], languages_around(text, start, end))
