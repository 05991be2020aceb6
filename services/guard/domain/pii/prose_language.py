"""Whether a name stands in prose of a language the classifier was trained on, by small words around it."""

import re

MAX_CHARS = 100
"""Before and after a name that are looked at."""
MAX_WORDS_PER_KNOWN = 8
"""So many words of prose hold one of the small words at least."""
_ENGLISH = """
the and of is was were are with that this his her she they you your our had has have from not but who when
what how why can will would should could been be about after before into then than says said it's i'm don't
i to my me him them an as if there where which does did just please some any all one we us today
an so up out in
"""
_GERMAN = """
der die das und ist nicht mit von zu ich sie wir hat ein eine einen einer dem den des für auf sich auch als
wie nach bei sind war wird oder aber noch dass haben kann mein meine ihr ihre sein seine zum zur vom uns bitte
"""
_FRENCH = """
le les et est une des du dans que qui pour avec pas sur au il elle nous vous ont été sont aux ce cette ces
mais plus je ne se sa ses leur où lorsque entre mon votre notre
"""
_SPANISH = """
el los las una que con por para del su no es como más fue y pero este esta ha muy sin sobre cuando hay lo le
mi
"""
_ITALIAN = """
il lo gli che non una per con del della dei delle è sono nel nella alla ha anche come più suo sua ma gli dal
dalla ho mio mia quando
"""
_PORTUGUESE = """
os um uma que não com para por do da dos das em no na foi é ao mas mais como sua seu são se ele ela meu minha
"""
_DUTCH = """
het een en van is niet dat die met voor op zijn ik hij zij naar er heeft was aan ook maar mijn wordt bij deze
"""
_SHARED = """
a e o la de do der den das é è à y un en si in for by on at he it is se da na no to my me us ni sa ja di var
som att og er det
"""
SHARED_WORDS = frozenset(_SHARED.split())
"""Small words that are as usual in other languages, so that they tell little."""
_ALL = (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH)
SIGNS = frozenset(word for words in _ALL for word in words.split()) - SHARED_WORDS
"""The small words of the classifier's languages that are not as usual in others."""
_NOT_GERMAN = (_ENGLISH, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH)
GERMAN_SIGNS = frozenset(_GERMAN.split()).difference(*(words.split() for words in _NOT_GERMAN)) | {
    "der",
    "das",
    "den",
}
"""The small words of German, in which all nouns have a capital."""
SMALL_WORDS = SIGNS | SHARED_WORDS
WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?:['\u2019][^\W\d_]{1,2})?")


MIN_FOREIGN_WORDS = 5
MIN_WORDS = 3
HARDLY_FOREIGN = frozenset(("med", "z", "w", "v", "s"))
MIN_CLEAR_WORDS = 2
MAX_WORDS_PER_CLEAR = 8


def is_in_known_prose(text: str, start: int, end: int) -> bool:
    """Whether small words of these languages are around, as many as prose has."""
    words = _words(text, start, end)
    known = sum(word in SIGNS for word in words)
    return known > 0 and known * MAX_WORDS_PER_KNOWN >= len(words)


def is_in_clear_prose(text: str, start: int, end: int) -> bool:
    """Whether so many of them are around that other letters can only be those of a foreign name."""
    words = _words(text, start, end)
    known = sum(word in SIGNS for word in words)
    return known >= MIN_CLEAR_WORDS and known * MAX_WORDS_PER_CLEAR >= len(words)


def is_in_german(text: str, start: int, end: int) -> bool:
    """Whether it is German that is around, where a capital tells a noun, not a name."""
    words = _words(text, start, end)
    return sum(word in GERMAN_SIGNS for word in words) * MAX_WORDS_PER_KNOWN >= max(len(words), 1)


def is_in_foreign_prose(text: str, start: int, end: int) -> bool:
    """Whether words are around, and hardly one of them can be a small word of these languages."""
    words = _words(text, start, end)
    known = sum(word in SMALL_WORDS for word in words)
    return len(words) >= MIN_FOREIGN_WORDS and known * MAX_WORDS_PER_KNOWN < len(words)


def is_without_small_words(text: str, start: int, end: int) -> bool:
    """Whether some words are around, and none of them is a small word of these languages."""
    words = [word for word in _words(text, start, end) if word not in HARDLY_FOREIGN]
    return len(words) >= MIN_WORDS and not any(word in SMALL_WORDS for word in words)


def _words(text: str, start: int, end: int) -> list[str]:
    words = WORD.findall(text, max(0, start - MAX_CHARS), start) + WORD.findall(text, end, end + MAX_CHARS)
    return [word.lower() for word in words]
