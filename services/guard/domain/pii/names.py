"""Decides whether words labelled as a name are one, finds their neighbours in lists, and completes names."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from services.guard.domain.pii.attached_words import may_follow
from services.guard.domain.pii.full_names import is_inflected_full_name
from services.guard.domain.pii.language_words import is_word_around
from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_introductions import is_introduced, is_person_introduced, is_title
from services.guard.domain.pii.name_lists import (
    GIVEN_NAMES,
    NAME_BEGINNINGS,
    NAME_HEADS,
    PARTICLES,
    TERMS,
    is_city,
    is_given_name,
    is_known_name,
    is_other_word,
    is_surname,
    may_be_given_name,
    written_in_lists,
)
from services.guard.domain.pii.name_scores import FULL_NAME_SCORE, LIKELY_NAME_SCORE
from services.guard.domain.pii.name_support import needed_score
from services.guard.domain.pii.name_surroundings import has_form_of_name, is_code, is_latin
from services.guard.domain.text.types import CharSpan

MIN_NAME_CHARS = 2
MAX_PLACE_WORDS = 3
"""Of a name labelled as a place."""
_HEADS = NAME_HEADS | NAME_BEGINNINGS
MIN_LISTED_SCORE = 0.25
"""In a list, next to a name."""
LIST_GAP = re.compile(r"(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ?\Z|(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ")
MAX_LIST_GAP_CHARS = 8
"""Between two names of a list; LIST_GAP does not match more."""
SURNAME = re.compile(
    r"(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den|zu|op|'t|mac|st\.?)){0,3} "
    r"((?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-Ω][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{1,30}){0,2})(?![^\W_])"
)
PRONOUN_AFTER = re.compile(r" [a-z]|['\u2019][a-z]")
_NOT_SURNAMES = """
the and or but if when is was are what who how why where i we you they it in on at from to for with by as
my your his her our please thanks regards
"""
NOT_SURNAMES = frozenset(_NOT_SURNAMES.split())


def has_capitals(text: str) -> bool:
    """Whether the text has a capital; called once per text, since one without capitals is read to its end."""
    return any(map(str.isupper, text))


def is_person(
    text: str,
    spans: Sequence[CharSpan],
    score: float,
    *,
    is_lower_case: bool,
    weakest: float = 0.0,
) -> bool:
    """Whether the words at `spans` are a person's name, of which the classifier's best score is `score`.

    `is_lower_case`: the whole text has no capitals, so a name without capitals is not unusual. `weakest` is
    the score of the worst word.
    """
    written = text[spans[0][0] : spans[-1][1]]
    if len(written) < MIN_NAME_CHARS or (len(written) == MIN_NAME_CHARS and written.isupper()):
        return False
    return score >= needed_score(NameCandidate(text, spans, weakest), is_lower_case=is_lower_case)


def things_among(text: str, names: Sequence[Sequence[CharSpan]]) -> frozenset[CharSpan]:
    """The spans of names of things wherever they occur, but for those that are shown to be a person's."""
    candidates = [NameCandidate(text, spans, 0.0) for spans in names]
    things = [name for name in candidates if name.is_thing]
    written, found = {name.written for name in things}, {(name.start, name.end) for name in things}
    repeated = (name for name in candidates if name.written in written and not _is_shown_as_person(name))
    return frozenset(found) | {(name.start, name.end) for name in repeated}


def _is_shown_as_person(name: NameCandidate) -> bool:
    """Whether the text around makes it a person's, though a thing in the text has the same name."""
    return (
        name.is_acting or name.is_speaking or name.is_addressed or is_person_introduced(name.text, name.start)
    )


def is_listed(text: str, span: CharSpan, score: float, names: "NameIndex") -> bool:
    """Whether a capitalised word is next to one of the names in a list."""
    start, end = span
    word = text[start:end]
    if (
        score < MIN_LISTED_SCORE
        or not (word[0].isupper() or may_be_given_name(word))
        or is_code(text, start, end)
    ):
        return False
    if not has_form_of_name(word.split(" ")[0]) or word.isupper():
        return False
    if not _may_be_name_of_list(text, span, score):
        return False
    gaps_before = (text[name_end:start] for name_end in names.ends_between(start - MAX_LIST_GAP_CHARS, start))
    gaps_after = (text[end:name_start] for name_start in names.starts_between(end, end + MAX_LIST_GAP_CHARS))
    return any(LIST_GAP.fullmatch(gap) for gap in chain(gaps_before, gaps_after))


def _may_be_name_of_list(text: str, span: CharSpan, score: float) -> bool:
    """Whether a word has no other meaning, or may be a name next to names all the same."""
    word = text[slice(*span)]
    if not is_other_word(word) and not is_word_around(text, *span):
        return True
    return may_be_given_name(word) or (is_surname(word) and score >= LIKELY_NAME_SCORE)


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The sorted starts and ends of the names in a text, and the words of its full names."""

    starts: Sequence[int]
    ends: Sequence[int]
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, names: Sequence[Sequence[CharSpan]]) -> "NameIndex":
        """The index of names with words at these spans."""
        words = (text[start:end] for spans in names if len(spans) > 1 for start, end in spans)
        return cls(
            sorted(spans[0][0] for spans in names),
            sorted(spans[-1][1] for spans in names),
            frozenset(word for word in words if word[0].isupper()),
        )

    def is_part(self, text: str, spans: Sequence[CharSpan], score: float) -> bool:
        """Whether all words are capitalised ones of full names in this text."""
        return score >= FULL_NAME_SCORE and all(text[start:end] in self.words for start, end in spans)

    def ends_between(self, first: int, last: int) -> Sequence[int]:
        """The ends from `first` to `last`, both included."""
        return self.ends[bisect_left(self.ends, first) : bisect_right(self.ends, last)]

    def starts_between(self, first: int, last: int) -> Sequence[int]:
        """The starts from `first` to `last`, both included."""
        return self.starts[bisect_left(self.starts, first) : bisect_right(self.starts, last)]


def name_runs(words: Sequence[str]) -> list[range]:
    """The runs of joined words that can be of one name each, by capitals and script."""
    belongs = _belonging_words(words)
    runs: list[range] = []
    start = 0
    for index in range(len(words) + 1):
        if index < len(words) and (belongs[index] or (index > start and words[index].lower() in PARTICLES)):
            continue
        end = index
        while end > start and not belongs[end - 1]:
            end -= 1
        if end > start:
            runs.append(range(start, end))
        start = index + 1
    return runs


def is_compound_part(text: str, start: int, word: str) -> bool:
    """Whether a hyphen joins a word that is no name to the word before, as in ex-Minister."""
    is_joined = start > 1 and text[start - 1] == "-" and text[start - 2].isalpha()
    return is_joined and is_other_word(word) and not may_be_given_name(word)


def is_no_part(text: str, spans: Sequence[CharSpan]) -> bool:
    """Whether the first of several words is no part of the name but of a compound, a greeting or a role."""
    (start, end), (next_start, next_end), *others = spans
    word, following = text[start:end], text[next_start:next_end]
    if is_compound_part(text, start, word):
        return True
    if is_known_name(word) or is_title(word) or not following[0].isupper():
        return False
    if is_introduced(text, next_start) and not is_introduced(text, start):
        return True
    return bool(others) and _is_only_given_name(following) and not is_introduced(text, start)


def ends_in_pronoun(text: str, start: int, end: int) -> bool:
    """Whether the last of several words is the English pronoun before its verb, as in "Emily I know"."""
    return text[start:end] == "I" and PRONOUN_AFTER.match(text, end) is not None


def _is_only_given_name(word: str) -> bool:
    return may_be_given_name(word) and not is_other_word(word)


def is_person_labelled_as_place(text: str, spans: Sequence[CharSpan]) -> bool:
    """Whether words labelled as a place are a person's, by the lists or by the words before."""
    words = [text[start:end] for start, end in spans]
    if len(words) > MAX_PLACE_WORDS or not all(word[0].isupper() for word in words) or _is_known_place(words):
        return False
    if is_person_introduced(text, spans[0][0]):
        return not all(map(is_other_word, words))
    return len(words) > 1 and (
        is_inflected_full_name(words[0], words[-1]) or _is_listed_full_name(words[0], words[-1])
    )


def _is_known_place(words: Sequence[str]) -> bool:
    """Whether a word is a city or the head of a name of a place, or all together are a term."""
    if " ".join(words).lower() in TERMS:
        return True
    return any(is_city(word) or written_in_lists(word) in _HEADS for word in words)


def _is_listed_full_name(first: str, last: str) -> bool:
    return is_given_name(first) and is_surname(last) and not is_other_word(last)


def _belonging_words(words: Sequence[str]) -> list[bool]:
    has_capital = any(word[0].isupper() for word in words)
    has_latin = any(map(is_latin, words))
    given = next((index for index, word in enumerate(words) if is_given_name(word)), 0)
    return [
        not (has_capital and word[0].islower() and not is_given_name(word))
        and not (has_latin and not is_latin(word))
        and not (index < given and is_other_word(word) and not may_be_given_name(word))
        for index, word in enumerate(words)
    ]


def whole_name(text: str, start: int, end: int) -> CharSpan:
    """The span of a name with the surname and particles after it; classifiers miss rare surnames."""
    name = text[start:end]
    has_several_words = " " in name
    if not name.istitle() or not (name.lower() in GIVEN_NAMES or has_several_words):
        return start, end
    surname = SURNAME.match(text, end)
    if surname is None or surname[1][0].islower() or surname[1].lower() in NOT_SURNAMES:
        return start, end
    if not may_follow(text, (start, end), (surname.start(1), surname.end())):
        return start, end
    # A name of several words has its surname already, unless a particle follows.
    if has_several_words and surname.start(1) == end + 1:
        return start, end
    return start, surname.end()
