"""Known English words, by which decoded text is recognised as readable and joined words are split."""

import re

from services.guard.domain.text.word_lists import read_sections

_SECTIONS = read_sections("lexicon.txt")
COMMON_WORDS = frozenset(_SECTIONS["common"])
ATTACK_WORDS = frozenset(_SECTIONS["attack"])
KNOWN_WORDS = COMMON_WORDS | ATTACK_WORDS
MAX_WORD_CHARS = max(map(len, KNOWN_WORDS))
MAX_JOINED_CHARS = 400
MIN_READABLE_CHARS = 4
MIN_READABLE_WORDS = 2
MAX_READABLE_WORD_CHARS = 16
MIN_LETTER_SHARE = 0.75
MIN_KNOWN_SHARE = 0.25
MIN_PRONOUNCEABLE_SHARE = 0.8
_WORD = re.compile(r"[^\W\d_]{1,40}")
_WORD_OR_NUMBER = re.compile(r"[^\W_]{1,40}")
# With the digits that stand for vowels.
_VOWELS = frozenset("aeiouyáéíóúàèìòùäöüâêîôûãõ0134")


def known_share(text: str) -> float:
    """The share of the words that are in the lexicon."""
    words = _WORD.findall(text.lower())
    return sum(word in KNOWN_WORDS for word in words) / len(words) if words else 0.0


def is_readable(text: str) -> bool:
    """Whether a text is mostly letters that form words, which is rare after a wrong decoding."""
    if len(text) < MIN_READABLE_CHARS or not " ".join(text.split()).isprintable():
        return False
    if sum(character.isalnum() or character.isspace() for character in text) < MIN_LETTER_SHARE * len(text):
        return False
    return known_share(text) >= MIN_KNOWN_SHARE or _is_pronounceable(text)


def _is_pronounceable(text: str) -> bool:
    """For other languages: whether most words have a usual length and a vowel, or none is ASCII."""
    words = _WORD_OR_NUMBER.findall(text.lower())
    if len(words) < MIN_READABLE_WORDS or all(word.isdecimal() for word in words):
        return False
    if not any(word.isascii() for word in words):
        return True
    pronounceable = sum(
        len(word) <= MAX_READABLE_WORD_CHARS and not _VOWELS.isdisjoint(word) for word in words
    )
    return pronounceable >= MIN_PRONOUNCEABLE_SHARE * len(words)


def split_words(letters: str) -> list[str]:
    """Split a run of letters into as few known words as possible; empty if that is not possible."""
    if len(letters) > MAX_JOINED_CHARS:
        return []
    best: dict[int, tuple[int, int]] = {0: (0, 0)}
    for end in range(1, len(letters) + 1):
        starts = [
            start
            for start in range(max(0, end - MAX_WORD_CHARS), end)
            if start in best and letters[start:end] in KNOWN_WORDS
        ]
        if starts:
            best[end] = min((best[start][0] + 1, start) for start in starts)
    words: list[str] = []
    end = len(letters)
    while end and end in best:
        start = best[end][1]
        words.append(letters[start:end])
        end = start
    return words[::-1]
