"""Full names in Latin letters, and names behind greetings, in languages that the classifier does not know."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from services.guard.domain.pii.full_names import (
    SLAVIC_SURNAME,
    is_inflected_full_name,
    is_inflected_given_name,
)
from services.guard.domain.pii.language_words import is_word_around, is_word_of, languages_around
from services.guard.domain.pii.name_introductions import is_introduced, is_introduced_weakly
from services.guard.domain.pii.name_likeness import LIKELY_NAME, name_likeness
from services.guard.domain.pii.name_lists import (
    NAME_BEGINNINGS,
    NAME_HEADS,
    TERMS,
    is_city,
    is_foreign_place,
    is_given_name,
    is_known_name,
    is_other_word,
    is_surname,
    may_be_given_name,
    written_in_lists,
)
from services.guard.domain.pii.name_surroundings import (
    is_code,
    is_in_read_language,
    is_in_running_text,
    is_part_of_other_name,
)
from services.guard.domain.pii.prose_language import (
    is_in_clear_prose,
    is_in_known_prose,
    is_without_small_words,
)
from services.guard.domain.pii.public_figures import FULL_NAMES
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.pii.thing_names import is_called_like_person
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_CAPITAL = "A-ZÀ-ÖØ-ÞĀ-Ž\u01a0\u01afẠ-Ỹ"
NAME_WORD = re.compile(
    rf"(?<![^\W_])[{_CAPITAL}][^\W\d_A-Z]{{1,23}}(?:-[{_CAPITAL}][^\W\d_A-Z]{{1,23}})?(?![^\W_])"
)
CASE_ENDINGS = ("owi", "ovi", "iem", "em", "om", "ou", "u", "a", "ą", "y", "i", "e", "s")
MIN_SURNAME_CHARS = 4
TURKISH_INTRODUCTION = re.compile(r"(?<![^\W_])[Aa]d\u0131m \Z")
SUFFIX = re.compile(r"['\u2019][^\W\d_]{1,5}(?![^\W_])")
"""Of a case, as in Turkish."""
NORDIC = re.compile("[\u00f8\u00e5\u00e6\u00d8\u00c5]")
MAX_CHARS = 64
MAX_SHORT_CHARS = 400
"""Of a text that is in one language."""
MAX_NAME_WORDS = 4
"""In Latin letters."""
_WORDS = {section: "|".join(words) for section, words in read_sections("person_words.txt").items()}
_NO_PLACE = "".join(f"(?<!{word} )" for word in _WORDS["vietnamese places"].split("|"))
_SYLLABLE = r" [A-Z\u0110\u00c0-\u1ef9][a-z\u00e0-\u1ef9]{1,6}"
VIETNAMESE = re.compile(
    rf"(?<![^\W_]){_NO_PLACE}(?:(?:{_WORDS['vietnamese surnames']})(?:{_SYLLABLE}){{1,3}}"
    rf"|(?:{_WORDS['vietnamese doubtful surnames']}) (?:{_WORDS['vietnamese middle names']})"
    rf"(?:{_SYLLABLE}){{1,2}})"
    r"(?![^\W_])"
)
VIETNAMESE_SIGN = re.compile("[\u1ea0-\u1ef9]")
_HEADS = NAME_HEADS | NAME_BEGINNINGS


_SECTIONS = read_sections("names_in_scripts.txt")
LATIN_GIVEN, LATIN_SURNAMES = (frozenset(_SECTIONS[f"latin {kind}"]) for kind in ("given", "surnames"))


def foreign_names(text: str) -> Iterator[CharSpan]:
    """A known given name beside a surname or behind a greeting, outside prose that the classifier reads."""
    if VIETNAMESE_SIGN.search(text):
        yield from (_without_small_words(text, *match.span()) for match in matches(VIETNAMESE, text))
        return
    if len(text) <= MAX_SHORT_CHARS and text.isascii() and is_in_clear_prose(text, 0, 0):
        return
    words = [match.span() for match in matches(NAME_WORD, text) if text[match.start()].isupper()]
    taken = 0
    for index, (start, _) in enumerate(words):
        span = _name_at(text, words, index) if start >= taken else None
        if span is not None and text[slice(*span)].casefold() not in FULL_NAMES:
            taken = span[1]
            yield span


def _without_small_words(text: str, start: int, end: int) -> CharSpan:
    """The span up to the first word without a capital."""
    words = text[start:end].split(" ")
    count = next((index for index, word in enumerate(words) if word[0].islower()), len(words))
    return start, start + len(" ".join(words[:count]))


def _name_at(text: str, words: Sequence[CharSpan], index: int) -> CharSpan | None:
    """The name that begins with this word."""
    run = _run(text, words, index)
    written = [text[slice(*span)] for span in run]
    if len(written) > 1 and _is_full_name(written[0], written[1]):
        count = 2
        if _is_term(text, run, written):
            return None
        while count < len(written) and _is_part_of_name(written[count]):
            count += 1
    elif _is_introduced(text, run[0][0], written[0]):
        count = 1
    else:
        return None
    span = run[0][0], run[count - 1][1]
    if count > 1 and is_inflected_full_name(written[0], written[1]):
        return span
    return span if _is_name(text, span) else None


def _is_term(text: str, run: Sequence[CharSpan], written: Sequence[str]) -> bool:
    """Whether the first two words are a term, or one is a word of the language around and no known name."""
    if " ".join(written[:2]).lower() in TERMS:
        return True
    languages = languages_around(text, run[0][0], run[1][1])
    return any(is_word_of(word, languages) and not is_known_name(word) for word in written[:2])


def _run(text: str, words: Sequence[CharSpan], index: int) -> Sequence[CharSpan]:
    """The words with a capital from this one on between which only spaces stand."""
    last = index
    while (
        last + 1 < min(len(words), index + MAX_NAME_WORDS)
        and text[words[last][1] : words[last + 1][0]] == " "
    ):
        last += 1
    return words[index : last + 1]


@lru_cache(maxsize=4096)
def _is_full_name(first: str, last: str) -> bool:
    """Whether it is a given name before a surname, in any case, or the reverse."""
    if any(map(_is_place, (first, last))):
        return False
    if _is_listed_surname(last):
        return may_be_given_name(first) or is_given_in_any_case(first)
    if (is_given_name(first) or first.lower() in LATIN_GIVEN) and not is_other_word(first):
        return not is_other_word(last) and last[-1].islower()
    return _is_listed_surname(first) and is_given_in_any_case(last)


@lru_cache(maxsize=4096)
def _is_part_of_name(word: str) -> bool:
    return not _is_place(word) and (_is_listed_surname(word) or is_given_in_any_case(word))


def _is_place(word: str) -> bool:
    """Whether it is a city, a term, or a head of names of places."""
    written = written_in_lists(word)
    if written in LATIN_GIVEN or written in LATIN_SURNAMES:
        return False
    return is_city(word) or is_foreign_place(word) or written in _HEADS or written in TERMS


def is_given_in_any_case(word: str) -> bool:
    """Whether it is a given name of any language, in any case, and no other word."""
    if word.lower() in LATIN_GIVEN:
        return True
    return not is_other_word(word) and (may_be_given_name(word) or is_inflected_given_name(word))


def _is_listed_surname(word: str) -> bool:
    """Whether the word is a surname in any case, and nothing else."""
    lower = word.lower()
    if lower in LATIN_SURNAMES:
        return True
    if is_other_word(word):
        return False
    if is_surname(word) or SLAVIC_SURNAME.fullmatch(lower):
        return True
    stems = (lower.removesuffix(ending) for ending in CASE_ENDINGS if lower.endswith(ending))
    return any(is_surname(stem) and len(stem) >= MIN_SURNAME_CHARS for stem in stems)


@lru_cache(maxsize=4096)
def _may_be_greeted(word: str) -> bool:
    """Whether a word behind a greeting is a given name, or no other word and written like one."""
    if is_other_word(word) or written_in_lists(word) in TERMS:
        return False
    return is_given_in_any_case(word) or name_likeness(word) >= LIKELY_NAME


def _is_introduced(text: str, start: int, word: str) -> bool:
    """Whether the words before greet or introduce a person who may be called so."""
    if may_be_given_name(word) and TURKISH_INTRODUCTION.search(text, max(0, start - MAX_CHARS), start):
        return True
    if (
        text[start - 1 : start] != " "
        or not _may_be_greeted(word)
        or is_word_around(text, start, start + len(word))
        or is_in_known_prose(text, start, start)
    ):
        return False
    return is_introduced(text, start) and not is_introduced_weakly(text, start)


def _is_name(text: str, span: CharSpan) -> bool:
    """Whether it stands in a sentence of a language that the classifier does not read, and names no place."""
    if is_part_of_other_name(text, *span) or is_code(text, *span) or is_called_like_person(text, *span):
        return False
    suffix = SUFFIX.match(text, span[1])
    is_running = is_in_running_text(text, span[0], suffix.end() if suffix else span[1])
    return is_running and _is_in_foreign_language(text, span)


def _is_in_foreign_language(text: str, span: CharSpan) -> bool:
    """Whether letters of other languages are around, or no small word of those that the classifier reads."""
    if NORDIC.search(text, max(0, span[0] - MAX_CHARS), span[1] + MAX_CHARS):
        return True
    if is_in_known_prose(text, *span):
        return False
    return not is_in_read_language(text, *span) or is_without_small_words(text, *span)


RECOGNISERS = (Recogniser("PERSON", foreign_names, score=FORMAT_ONLY_SCORE, rank=145),)
