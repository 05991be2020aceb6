"""When what a classifier half believes to be a name is one: capitals, words that introduce people, first names that many bear."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from services.guard.domain.pii.given_names import GIVEN_NAMES
from services.guard.domain.pii.payment import Range

SHORTEST = 2
LISTED_SCORE = 0.1
INTRODUCED_SCORE = 0.2
WHOLE_NAME_SCORE = 0.35
BESIDE_SCORE = 0.25
SINGLE_SCORE = 0.78
SMALL_SCORE = 0.6
SURE_SCORE = 0.97
"""What the surest word must reach: a listed first name, behind an introduction, two large words, beside a name in a list, else;
small letters with a reason, and without."""

TITLE = (
    r"(?:mrs?|ms|miss|mx|dr|prof(?:essor)?|sir|madam|lady|lord|herrn?|frau|monsieur|madame|mme|mlle"
    r"|m"
    r"|se[ñn]or(?:a|ita)?|sra?|srta|do[ñn]a?|sig(?:nor[ea]?|ra)?|dott(?:\.ssa)?|senhora?|dhr|mevr(?:ouw)?|mw|meneer)"
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
LONGEST_INTRODUCTION = 32
LIST_GAP = re.compile(r"(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ?\Z|(?:,|;|,? (?:and|&|or|und|et|y|e|en)) ")
LONGEST_GAP = 8
"""Characters between two names of a list; LIST_GAP matches no more."""
SURNAME = re.compile(
    r"(?: (?:van|von|de|del|della|di|da|dos|du|le|la|el|al|bin|ben|ter|ten|der|den|zu|op|'t|mac|st\.?)){0,3} "
    r"((?:[dDlLO]['\u2019])?[A-ZÀ-ÖØ-ÞĀ-ŽΑ-Ω][^\W\d_]{1,30}(?:[-'\u2019][^\W\d_]{1,30}){0,2})(?![^\W_])"
)
_NO_SURNAME = """
the and or but if when is was are what who how why where i we you they it in on at from to for with by as my your his her our please thanks regards
"""
NO_SURNAME = frozenset(_NO_SURNAME.split())


def has_capitals(text: str) -> bool:
    """Whether any letter is large; asked once for a text, since a text without one is read to its end."""
    return any(map(str.isupper, text))


def is_person(text: str, places: Sequence[Range], score: float, *, is_small: bool) -> bool:
    """Whether these words are somebody's name, given how sure the classifier is of the surest; `is_small` where the text has no capitals."""
    words = [text[start:end] for start, end in places]
    written = text[places[0][0] : places[-1][1]]
    if len(written) < SHORTEST or (len(written) == SHORTEST and written.isupper()):
        return False
    return score >= _needed(words, written, is_said=is_introduced(text, places[0][0]), is_small=is_small)


def _needed(words: Sequence[str], written: str, *, is_said: bool, is_small: bool) -> float:
    if written.islower() and not is_small:
        return SMALL_SCORE if is_said or (len(words) > 1 and words[0] in GIVEN_NAMES) else SURE_SCORE
    if any(word.lower() in GIVEN_NAMES for word in words):
        return LISTED_SCORE
    if is_said:
        return INTRODUCED_SCORE
    return WHOLE_NAME_SCORE if sum(word[0].isupper() for word in words) > 1 else SINGLE_SCORE


def is_introduced(text: str, start: int) -> bool:
    """Whether the words before a place say that a name follows."""
    return INTRODUCTION.search(text, max(0, start - LONGEST_INTRODUCTION), start) is not None


def is_beside(text: str, place: Range, score: float, names: "NameIndex") -> bool:
    """Whether a large word stands in a list of names with one that is sure."""
    if score < BESIDE_SCORE or not text[place[0]].isupper():
        return False
    return any(
        LIST_GAP.fullmatch(text[end : place[0]]) for end in names.that_end(place[0] - LONGEST_GAP, place[0])
    ) or any(
        LIST_GAP.fullmatch(text[place[1] : start])
        for start in names.that_begin(place[1], place[1] + LONGEST_GAP)
    )


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Where the names of a text begin and end, for a look at those near a place."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, places: Sequence[Range]) -> "NameIndex":
        """Take the places of the names."""
        return cls(sorted(start for start, _ in places), sorted(end for _, end in places))

    def that_end(self, first: int, last: int) -> Sequence[int]:
        """The ends from the first place to the last."""
        return self.ends[bisect_left(self.ends, first) : bisect_right(self.ends, last)]

    def that_begin(self, first: int, last: int) -> Sequence[int]:
        """The starts from the first place to the last."""
        return self.starts[bisect_left(self.starts, first) : bisect_right(self.starts, last)]


def whole_name(text: str, start: int, end: int) -> Range:
    """A single listed first name with the surname behind it, which classifiers miss where it is rare; particles between them included."""
    written = text[start:end]
    if not written.istitle() or not (written.lower() in GIVEN_NAMES or " " in written):
        return start, end
    surname = SURNAME.match(text, end)
    if (
        surname is None
        or surname[1].lower() in NO_SURNAME
        or (" " in written and surname.start(1) == end + 1)
    ):
        return start, end
    return start, surname.end()
