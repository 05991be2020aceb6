"""Venues, firms, works and places that have the name of a person, by the words and marks around."""

import re

from services.guard.domain.pii.name_lists import SURNAMES, is_given_name, is_surname
from services.guard.domain.pii.table_columns import is_in_column_of_things
from services.guard.domain.pii.thing_words import (
    ADVICE_BEFORE,
    ALBUM_BEFORE,
    ASKED_PLACE,
    ASSISTANT_AFTER,
    ASSISTANT_BEFORE,
    CALLED_BEFORE,
    EATING_BEFORE,
    FOREIGN_FIRM_BEFORE,
    GOODS_AFTER,
    HEADS,
    LOCATED_AFTER,
    MEALS_NEAR,
    OFFERED_NEAR,
    PERFORMED_NEAR,
    PLACE_NOUN_BEFORE,
    POSSESSIVE_AFTER,
    RATED_AFTER,
    RATED_BEFORE,
    SHOWN_AFTER,
    SHOWN_BEFORE,
    SONG_AFTER,
    SONG_BEFORE,
    THING_NOUN_BEFORE,
    TRAVEL_AFTER,
    TRAVEL_BEFORE,
    TURN,
    USER_AGENT_BEFORE,
    VERB_AFTER,
)

MAX_CHARS = 64
"""Before and after a name that are looked at."""
MAX_TOPIC_CHARS = 400
"""Before a name where a dialogue says what is looked for."""
MAX_HEAD_WORDS = 4
MAX_WORD_CHARS = 12
"""Of the words before a name, on average."""
NOUN_WORDS, PHRASE_WORDS, LONG_PHRASE_WORDS = 2, 4, 8
"""Of the words before a name, at which what is looked for may begin."""
WORD_START = re.compile(r"(?<![^\W_])[^\W_]")
WORD_AFTER = re.compile(r"(?:['\u2019]s)?(?: &| of| de| and)?[ -]([^\W\d_]{2,24})(?![^\W\d_])")
YEAR_AFTER = re.compile(r"(?: [A-ZIVX0-9][\w'.-]{0,15}){0,4} \((?:1[89]|20)\d\d\)[ \"]{0,2}(?:[,|\t]|\n|$)")
CELL_LINE = re.compile(r"(?:^|\n)\|?[^\n]{0,80}\Z")
BRACKETS = {"《": "》", "『": "』", "〈": "〉", "〖": "〗"}
BRACKETED_BEFORE = re.compile(r"[》』〉] ?[(\uff08] ?[\"'\u201c\u201e\u00ab\u2018]\Z")
BRACKETED_AFTER = re.compile(r"[\"'\u201c\u201d\u00bb\u2019] ?[)\uff09]")

AROUND_TITLES = (
    (BRACKETED_BEFORE, BRACKETED_AFTER),
    (SHOWN_BEFORE, SHOWN_AFTER),
    (RATED_BEFORE, RATED_AFTER),
    (SONG_BEFORE, SONG_AFTER),
)


def is_called_like_person(text: str, start: int, end: int) -> bool:
    """Whether it is the name, or part of the name, of a venue, a firm, a work, a product or a place."""
    return (
        is_before_head(text, end)
        or _ends_in_head(text[start:end])
        or _is_behind_noun(text, start, end)
        or is_title_of_work(text, start, end)
        or is_offered(text, start, end)
        or _is_stated_place(text, start, end)
        or _is_product(text, start, end)
        or is_in_column_of_things(text, start)
    )


def is_before_head(text: str, end: int) -> bool:
    """Whether one of the next words with capitals is the head of a name of a venue, a firm or a place."""
    for _ in range(MAX_HEAD_WORDS):
        word = WORD_AFTER.match(text, end, end + MAX_CHARS)
        if word is None or not word[1][0].isupper():
            return False
        lower = word[1].lower()
        if lower in HEADS and lower not in SURNAMES:
            return True
        end = word.end()
    return False


def _is_behind(text: str, start: int, count: int, *patterns: re.Pattern[str]) -> bool:
    """Whether a pattern, which ends where the name begins, matches at one of the last `count` words."""
    found = [match.start() for match in WORD_START.finditer(text, max(0, start - 10 * count), start)]
    return any(pattern.match(text, at, start) is not None for at in found[-count:] for pattern in patterns)


def _ends_in_head(written: str) -> bool:
    """Whether the last of several words is such a head and no surname."""
    first, _, last = written.rpartition(" ")
    if " Assistant" in written or written.endswith(" Bot"):
        return True
    return bool(first) and last[0].isupper() and last.lower() in HEADS and last.lower() not in SURNAMES


def _is_behind_noun(text: str, start: int, end: int) -> bool:
    """Whether the word for a firm, a restaurant, a work or a place is directly before."""
    if _is_behind(text, start, PHRASE_WORDS, CALLED_BEFORE, PLACE_NOUN_BEFORE):
        return True
    if _is_behind(text, start, NOUN_WORDS, FOREIGN_FIRM_BEFORE):
        return True
    if is_given_name(text[start:end]) or not _is_behind(text, start, NOUN_WORDS, THING_NOUN_BEFORE):
        return False
    return VERB_AFTER.match(text, end, end + MAX_CHARS) is None


def is_title_of_work(text: str, start: int, end: int) -> bool:
    """Whether marks, a year or words around say that it is a title."""
    if start and BRACKETS.get(text[start - 1]) == text[end : end + 1]:
        return True
    first, last = max(0, start - MAX_CHARS), end + MAX_CHARS
    if YEAR_AFTER.match(text, end, last) and CELL_LINE.search(text, max(0, start - 2 * MAX_CHARS), start):
        return True
    if _is_behind(text, start, PHRASE_WORDS, ALBUM_BEFORE):
        return True
    return any(
        after.match(text, end, last) and before.search(text, first, start) for before, after in AROUND_TITLES
    )


def is_offered(text: str, start: int, end: int) -> bool:
    """Whether a dialogue about films, meals, rooms or the like offers or chooses it."""
    near, last = max(0, start - MAX_TOPIC_CHARS), end + MAX_CHARS
    if _is_behind(text, start, LONG_PHRASE_WORDS, ADVICE_BEFORE) and TURN.search(text, near, start):
        offered = max((match.start() for match in OFFERED_NEAR.finditer(text, near, start)), default=-1)
        performed = max((match.start() for match in PERFORMED_NEAR.finditer(text, near, last)), default=-1)
        if offered > performed:
            return True
    if (
        not _is_behind(text, start, PHRASE_WORDS, EATING_BEFORE)
        or MEALS_NEAR.search(text, near, last) is None
    ):
        return False
    return POSSESSIVE_AFTER.match(text, end, end + MAX_CHARS) is not None or not _may_be_person(
        text[start:end]
    )


def _may_be_person(written: str) -> bool:
    """Whether its first word is a given name or its last a surname."""
    words = written.split(" ")
    return is_given_name(words[0]) or (len(words) > 1 and is_surname(words[-1]))


def _is_stated_place(text: str, start: int, end: int) -> bool:
    """Whether it is an end of a journey, the answer to where, or something that is located somewhere."""
    first, last = max(0, start - 2 * MAX_CHARS), end + MAX_CHARS
    if TRAVEL_AFTER.match(text, end, last) and _is_behind(text, start, LONG_PHRASE_WORDS, TRAVEL_BEFORE):
        return True
    if LOCATED_AFTER.match(text, end, last):
        return True
    is_answer = text.find("\n", max(0, start - MAX_CHARS), start) >= 0 and text.find("?", first, start) >= 0
    return is_answer and ASKED_PLACE.search(text, first, start) is not None


def _is_product(text: str, start: int, end: int) -> bool:
    """Whether it is software, an assistant, or the brand of the goods named behind it."""
    first, last = max(0, start - MAX_CHARS), end + MAX_CHARS
    if USER_AGENT_BEFORE.search(text, first, start) or _is_behind(
        text, start, LONG_PHRASE_WORDS, ASSISTANT_BEFORE
    ):
        return True
    return (
        GOODS_AFTER.match(text, end, last) is not None or ASSISTANT_AFTER.match(text, end, last) is not None
    )
