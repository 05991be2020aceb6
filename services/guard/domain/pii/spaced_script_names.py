"""Names in Arabic, Hebrew, Indian, Georgian and Armenian letters, by lists, titles and greetings."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.name_lists import (
    AMBIGUOUS_GIVEN_NAMES,
    GIVEN_NAMES,
    ORDINARY_WORDS,
    SURNAMES,
    TERMS,
)
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_ARABIC, _HEBREW = "\u0620-\u065f\u066e-\u06d3\u0640", "\u05d0-\u05ea"
_OTHERS = "\u0900-\u0963\u0971-\u0dff\u10d0-\u10ff\u0531-\u0587"
LETTERS = re.compile(f"[{_ARABIC}{_HEBREW}{_OTHERS}]")
NAME_WORD = re.compile(
    rf"(?<!\w)(?:[{_ARABIC}]{{2,20}}|[{_HEBREW}]{{2,16}}(?:['\u05f3\u05f4\"-][{_HEBREW}]{{1,12}})?"
    rf"|[{_OTHERS}\u200d]{{2,24}})(?!\w)"
)
_WORDS = read_sections("person_words.txt")
_TITLES = "|".join(_WORDS["introductions without case"])
TITLE = re.compile(rf"(?<!\w)(?:{_TITLES})[,\u060c]? (?:\u064a\u0627 )?\Z")
"""Titles, roles, greetings and introductions before a name."""
MAX_TITLE_CHARS = 24
SURNAME = re.compile("|".join(_WORDS["surnames without case"]))
ARABIC_ARTICLE = re.compile("\u0627\u0644[\u0621-\u064a]{2,12}")
"""Begins a surname behind a title and a given name."""
COMPOUND = frozenset(_WORDS["first parts without case"])
"""First words of names of two words."""
BEHIND_COMPOUND = ("\u0627\u0644", "\u05d0", "\u05de", "\u05d9")
"""What their second words begin with."""
HONORIFIC_AFTER = re.compile(rf" ?(?:{'|'.join(_WORDS['honorifics without case'])})(?!\w)")
_SECTIONS = read_sections("names_in_scripts.txt")
_IS_SPACED = LETTERS.match
GIVEN = frozenset(
    name for name in (*GIVEN_NAMES, *AMBIGUOUS_GIVEN_NAMES, *_SECTIONS["given"]) if _IS_SPACED(name)
)
KNOWN_SURNAMES = frozenset(name for name in (*SURNAMES, *_SECTIONS["surnames"]) if _IS_SPACED(name))


def names_without_case(text: str) -> Iterator[CharSpan]:
    """Full names that lists know, and given names behind a title, a greeting or an introduction."""
    if LETTERS.search(text) is None:
        return
    words = [match.span() for match in matches(NAME_WORD, text)]
    index = 0
    while index < len(words):
        count = _name_words(text, words[index : index + 3])
        if count:
            yield words[index][0], words[index + count - 1][1]
        index += max(count, 1)


def _name_words(text: str, words: list[CharSpan]) -> int:
    """How many of these words are a name, 0 if the first begins none."""
    start, end = words[0]
    count = _compound_words(text, words)
    first = text[start:end]
    is_titled = TITLE.search(text, max(0, start - MAX_TITLE_CHARS), start) is not None
    if count == 1 and first not in GIVEN:
        return 0
    is_ordinary = count == 1 and (first in ORDINARY_WORDS or first in TERMS)
    following = _word_behind(text, words, count)
    if is_titled:
        is_full = _may_follow_title(following)
        return count + is_full if is_full or not is_ordinary else 0
    if is_ordinary:
        return 0
    if following and _is_surname(following):
        return count + 1
    return count if HONORIFIC_AFTER.match(text, end) else 0


def _may_follow_title(following: str) -> bool:
    """Whether the word behind a given name and a title is a part of the name."""
    if not following:
        return False
    return _is_surname(following) or following in GIVEN or ARABIC_ARTICLE.match(following) is not None


def _compound_words(text: str, words: list[CharSpan]) -> int:
    """2 for a given name of two words, as with *Abd*; else 1."""
    if text[slice(*words[0])] in COMPOUND and _word_behind(text, words, 1).startswith(BEHIND_COMPOUND):
        return 2
    return 1


def _word_behind(text: str, words: list[CharSpan], count: int) -> str:
    if len(words) <= count or text[words[count - 1][1] : words[count][0]] != " ":
        return ""
    return text[slice(*words[count])]


def _is_surname(word: str) -> bool:
    if word in KNOWN_SURNAMES and word not in ORDINARY_WORDS:
        return True
    return SURNAME.fullmatch(word) is not None and word not in ORDINARY_WORDS and word not in TERMS


RECOGNISERS = (Recogniser("PERSON", names_without_case, score=FORMAT_ONLY_SCORE, rank=143),)
