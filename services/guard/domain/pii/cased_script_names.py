"""Names in Cyrillic and Greek letters, which the classifier does not know, by lists, cases and greetings."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from services.guard.domain.pii.language_words import GREEK_WORDS
from services.guard.domain.pii.name_lists import (
    AMBIGUOUS_GIVEN_NAMES,
    GIVEN_NAMES,
    ORDINARY_WORDS,
    SURNAMES,
    TERMS,
    is_city,
)
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_UPPER, _LOWER = "\u0400-\u042f\u0490\u0386-\u038f\u0391-\u03ab", "\u0430-\u045f\u0491\u0390\u03ac-\u03ce"
LETTERS = re.compile(f"[{_UPPER}][{_LOWER}]")
_WORD = rf"[{_UPPER}][{_LOWER}]{{1,24}}(?:[-'\u2019][{_UPPER}{_LOWER}]{{1,24}})?"
RUN = re.compile(
    rf"(?<![{_UPPER}{_LOWER}\w])(?:[{_UPPER}]\. ?){{0,2}}{_WORD}(?: (?:[{_UPPER}]\. ?){{0,2}}{_WORD}){{0,4}}"
    rf"(?: ?[{_UPPER}]\.){{0,2}}(?![{_LOWER}\w])"
)
"""Neighbouring words with a capital."""
NAME_WORD = re.compile(_WORD)
_WORDS = read_sections("person_words.txt")
GREETING = re.compile(rf"(?<!\w)(?:{'|'.join(_WORDS['introductions with capitals'])}),?\s\Z", re.IGNORECASE)
"""Greetings, titles, introductions and relations before a given name."""
MAX_GREETING_CHARS = 24
PATRONYMIC = re.compile("|".join(_WORDS["patronymics"]))
SURNAME = re.compile("|".join(_WORDS["surnames with capitals"]))
_CYRILLIC_CASES, _CYRILLIC_ENDINGS = _WORDS["cyrillic cases"], ("", *_WORDS["cyrillic nominatives"])
_GREEK_CASES, _GREEK_ENDINGS = _WORDS["greek cases"], ("", *_WORDS["greek nominatives"])
MIN_STEM_CHARS = 3
FEMININE_ENDINGS = ("\u0430", "\u044f")
NOT_NAMES = frozenset(_WORDS["no names"])


def _plain(word: str) -> str:
    """The word in small letters without accents on Greek vowels."""
    lower = word.lower()
    if not _is_greek(lower):
        return lower
    parts = unicodedata.normalize("NFD", lower).replace("\u03c2", "\u03c3")
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _is_greek(word: str) -> bool:
    return "\u0370" <= word[0] <= "\u03ff"


_FOREIGN = re.compile("[\u0370-\u052f]")
_GIVEN = frozenset(_plain(name) for name in (*GIVEN_NAMES, *AMBIGUOUS_GIVEN_NAMES) if _FOREIGN.match(name))


def is_given_in_any_case(word: str) -> bool:
    """Whether it is a given name in Cyrillic or Greek letters in any case."""
    plain = _plain(word)
    if plain in _GIVEN:
        return True
    cases = _GREEK_CASES if _is_greek(plain) else _CYRILLIC_CASES
    endings = _GREEK_ENDINGS if _is_greek(plain) else _CYRILLIC_ENDINGS
    stems = (plain.removesuffix(case) for case in cases if plain.endswith(case))
    return any(stem + ending in _GIVEN for stem in stems if len(stem) >= MIN_STEM_CHARS for ending in endings)


def is_ordinary(word: str) -> bool:
    """Whether the word has a meaning of its own."""
    lower = word.lower()
    return lower in ORDINARY_WORDS or lower in TERMS or lower in NOT_NAMES or is_city(word)


def _is_surname(word: str) -> bool:
    lower = word.lower()
    return lower in SURNAMES or (SURNAME.fullmatch(lower) is not None and not _is_inflected_place(lower))


def _is_inflected_place(lower: str) -> bool:
    """Whether it is a known word or place in any case, as that of Ukraine."""
    return is_ordinary(lower) or any(is_ordinary(lower[:-1] + ending) for ending in FEMININE_ENDINGS)


def names_with_capitals(text: str) -> Iterator[CharSpan]:
    """Full names of known given names, names with a patronymic, and given names behind greetings."""
    if LETTERS.search(text) is None:
        return
    for run in matches(RUN, text):
        words = [
            (run.start() + word.start(), run.start() + word.end()) for word in NAME_WORD.finditer(run.group())
        ]
        span = _name_in(text, words)
        if span is not None:
            yield span


def _name_in(text: str, words: Sequence[CharSpan]) -> CharSpan | None:
    """The name in words with a capital that stand side by side."""
    written = [text[start:end] for start, end in words]
    for index, word in enumerate(written):
        if index and PATRONYMIC.fullmatch(word.lower()) and is_given_in_any_case(written[index - 1]):
            return _joined(words, _begin_of_surname(written, index - 1), _end_of_surname(written, index))
    for index, word in enumerate(written):
        if is_given_in_any_case(word):
            return _with_given_name(text, words, index)
    return None


def _begin_of_surname(written: Sequence[str], index: int) -> int:
    return index - 1 if index and _is_surname(written[index - 1]) else index


def _end_of_surname(written: Sequence[str], index: int) -> int:
    return index + 1 if index + 1 < len(written) and _may_be_surname(written[index + 1]) else index


def _may_be_surname(word: str) -> bool:
    """Whether it is a surname or no word that is known, as behind a sure given name."""
    if _is_greek_word(word.lower()):
        return False
    return _is_surname(word) or not is_ordinary(word)


def _is_greek_word(lower: str) -> bool:
    """Whether it is a frequent Greek word and no listed surname."""
    return lower in GREEK_WORDS and lower not in SURNAMES


def _with_given_name(text: str, words: Sequence[CharSpan], index: int) -> CharSpan | None:
    """The name of which the word at `index` is the given name."""
    written = [text[start:end] for start, end in words]
    start = words[index][0]
    is_greeted = GREETING.search(text, max(0, start - MAX_GREETING_CHARS), start) is not None
    following = written[index + 1] if index + 1 < len(written) else ""
    lower = written[index].lower()
    is_doubtful = (_is_greek_word(lower) or _is_inflected_place(lower)) and not is_greeted
    is_full = _is_surname(following) if is_doubtful else _may_be_surname(following)
    if following and is_full:
        return _joined(words, index, index + 1)
    if index and _is_surname(written[index - 1]) and not is_doubtful:
        return _joined(words, index - 1, index)
    return words[index] if is_greeted else None


def _joined(words: Sequence[CharSpan], first: int, last: int) -> CharSpan:
    return words[first][0], words[last][1]


RECOGNISERS = (Recogniser("PERSON", names_with_capitals, score=FORMAT_ONLY_SCORE, rank=142),)
