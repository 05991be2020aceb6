"""Decides whether words labelled as a name are one, by capitals, context and known given names."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.word_lists import read_word_list

GIVEN_NAMES = frozenset(read_word_list("given_names.txt"))
"""Common given names in lower case."""
MIN_NAME_CHARS = 2
MIN_GIVEN_NAME_SCORE = 0.1
"""The least score of the best word in a name with a known given name."""
MIN_INTRODUCED_SCORE = 0.2
"""Behind an introduction."""
MIN_LISTED_SCORE = 0.25
"""In a list, next to a name."""
MIN_FULL_NAME_SCORE = 0.35
"""With two capitalised words."""
MIN_SINGLE_NAME_SCORE = 0.78
"""With one capitalised word."""
MIN_SUPPORTED_LOWER_CASE_SCORE = 0.6
"""In lower case behind an introduction, or with a known given name before another word."""
MIN_LOWER_CASE_SCORE = 0.97
"""In lower case otherwise."""

TITLE = (
    r"(?:mrs?|ms|miss|mx|dr|prof(?:essor)?|sir|madam|lady|lord|herrn?|frau|monsieur|madame|mme|mlle"
    r"|m|se[ñn]or(?:a|ita)?|sra?|srta|do[ñn]a?|sig(?:nor[ea]?|ra)?|dott(?:\.ssa)?|senhora?|dhr"
    r"|mevr(?:ouw)?|mw|meneer)"
)
INTRODUCTION = re.compile(
    rf"(?<![^\W_])(?:{TITLE}\.?|(?:my|his|her|your|their|full|first|last|sur|maiden|user|customer|patient"
    rf"|partner'?s?)[ -]?name(?: is|:)?|(?:is|was|are|were) (?:called|named)|"
    r"calls? me|name(?:d|:| is)|i am|i'm|this is|dear|hi|hello|hey|(?:regards|cheers|sincerely|thanks|love),?"
    r"|signed:?|attn:?|(?:to|from|for|cc|customer|patient|client|employee|contact|name|sender|"
    r"recipient|author|by|assignee|reporter|manager):|mein name ist|ich (?:bin|hei[ßs]s?e)|hei[ßs]s?t"
    r"|liebe[rs]?|hallo|hier ist|gr[üu][ßs]s?e?n?,?|je m'appelle|je suis|m'appelle|bonjour|"
    r"cher|ch[èe]re|ici|me llamo|mi nombre es|soy|se llama|hola|querid[oa]|estimad[oa]|mi chiamo|sono"
    r"|si chiama|ciao|car[oa]|gentile|meu nome [ée]|me chamo|chamo-me|ol[áa]|aqui [ée]|"
    r"prezad[oa]|mijn naam is|ik (?:ben|heet)|heet|beste|groet(?:en|jes)?,?|met)[ \n]{1,2}[\"']?\Z",
    re.IGNORECASE,
)
MAX_INTRODUCTION_CHARS = 32
LIST_GAP = re.compile(r"(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ?\Z|(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ")
MAX_LIST_GAP_CHARS = 8
"""Between two names of a list; LIST_GAP does not match more."""
SURNAME = re.compile(
    r"(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den|zu|op|'t|mac|st\.?)){0,3} "
    r"((?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-Ω][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{1,30}){0,2})(?![^\W_])"
)
_NOT_SURNAMES = """
the and or but if when is was are what who how why where i we you they it in on at from to for with by as
my your his her our please thanks regards
"""
NOT_SURNAMES = frozenset(_NOT_SURNAMES.split())


def has_capitals(text: str) -> bool:
    """Whether the text has a capital; called once per text, since one without capitals is read to its end."""
    return any(map(str.isupper, text))


def is_person(text: str, spans: Sequence[CharSpan], score: float, *, is_lower_case: bool) -> bool:
    """Whether the words at `spans` are a person's name, of which the classifier's best score is `score`.

    `is_lower_case`: the whole text has no capitals, so a name without capitals is not unusual.
    """
    words = [text[start:end] for start, end in spans]
    name = text[spans[0][0] : spans[-1][1]]
    if len(name) < MIN_NAME_CHARS or (len(name) == MIN_NAME_CHARS and name.isupper()):
        return False
    follows_cue = is_introduced(text, spans[0][0])
    if name.islower() and not is_lower_case:
        return score >= _min_lower_case_score(words, follows_cue=follows_cue)
    return score >= _min_score(words, follows_cue=follows_cue)


def _min_lower_case_score(words: Sequence[str], *, follows_cue: bool) -> float:
    is_supported = follows_cue or (len(words) > 1 and words[0] in GIVEN_NAMES)
    return MIN_SUPPORTED_LOWER_CASE_SCORE if is_supported else MIN_LOWER_CASE_SCORE


def _min_score(words: Sequence[str], *, follows_cue: bool) -> float:
    if any(word.lower() in GIVEN_NAMES for word in words):
        return MIN_GIVEN_NAME_SCORE
    if follows_cue:
        return MIN_INTRODUCED_SCORE
    capitalised = sum(word[0].isupper() for word in words)
    return MIN_FULL_NAME_SCORE if capitalised > 1 else MIN_SINGLE_NAME_SCORE


def is_introduced(text: str, start: int) -> bool:
    """Whether the words before `start` introduce a name."""
    return INTRODUCTION.search(text, max(0, start - MAX_INTRODUCTION_CHARS), start) is not None


def is_listed(text: str, span: CharSpan, score: float, names: "NameIndex") -> bool:
    """Whether a capitalised word is next to one of the names in a list."""
    start, end = span
    if score < MIN_LISTED_SCORE or not text[start].isupper():
        return False
    gaps_before = (text[name_end:start] for name_end in names.ends_between(start - MAX_LIST_GAP_CHARS, start))
    gaps_after = (text[end:name_start] for name_start in names.starts_between(end, end + MAX_LIST_GAP_CHARS))
    return any(LIST_GAP.fullmatch(gap) for gap in chain(gaps_before, gaps_after))


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The sorted starts and ends of the names in a text, to look up those near an offset."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, spans: Sequence[CharSpan]) -> "NameIndex":
        """The index of names at these spans."""
        return cls(sorted(start for start, _ in spans), sorted(end for _, end in spans))

    def ends_between(self, first: int, last: int) -> Sequence[int]:
        """The ends from `first` to `last`, both included."""
        return self.ends[bisect_left(self.ends, first) : bisect_right(self.ends, last)]

    def starts_between(self, first: int, last: int) -> Sequence[int]:
        """The starts from `first` to `last`, both included."""
        return self.starts[bisect_left(self.starts, first) : bisect_right(self.starts, last)]


def whole_name(text: str, start: int, end: int) -> CharSpan:
    """The span of a name with the surname and particles after it; classifiers miss rare surnames."""
    name = text[start:end]
    has_several_words = " " in name
    if not name.istitle() or not (name.lower() in GIVEN_NAMES or has_several_words):
        return start, end
    surname = SURNAME.match(text, end)
    if surname is None or surname[1].lower() in NOT_SURNAMES:
        return start, end
    # A name of several words has its surname already, unless a particle follows.
    if has_several_words and surname.start(1) == end + 1:
        return start, end
    return start, surname.end()
