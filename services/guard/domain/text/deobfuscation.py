"""Deobfuscated texts, for detectors that judge a text as a whole; offsets into the original are lost."""

import re
from itertools import product

import re2

from services.guard.domain.text.decoding import decode_hidden_texts
from services.guard.domain.text.homoglyphs import fold_homoglyphs
from services.guard.domain.text.lexicon import ATTACK_WORDS, KNOWN_WORDS, split_words

MAX_VARIANTS = 6
MAX_DECODED_CHARS = 16_384
"""Of all decoded texts together, which bounds the time that detectors spend on one text."""

LEET_LETTERS = {
    "4": "a",
    "@": "a",
    "3": "e",
    "€": "e",
    "0": "o",
    "$": "s",
    "5": "s",
    "7": "t",
    "+": "t",
    "8": "b",
    "9": "g",
    "1": "il",
    "!": "i",
    "|": "li",
}
"""The letters that a character may stand for, the likeliest first."""
MAX_LEET_GUESSES = 8
MIN_UNKNOWN_SPACED_LETTERS = 8
MIN_SPACED_LETTERS = 4
MIN_JOINED_WORDS = 3
MIN_ATTACK_WORD_LETTERS = 5

_TRIPLE_LETTERS = "|".join(letter * 3 for letter in "abcdefghijklmnopqrstuvxyz")
# One pass of RE2 shows for almost every text that there is nothing to undo.
_SUSPICIOUS = re2.compile(
    rb"(?i)\b[a-z][ ._*|/~,+-][a-z0-9@$!][ ._*|/~,+-][a-z0-9@$!](?:[ ._*|/~,+-]|\b)"
    rb"|[a-z][-._*|~^+/\\]{1,2}[a-z]"
    rb"|[a-z][0134578@$!|+][a-z0-9@$!|+]|\b[0134578@$][a-z]{2}"
    rb"|(?:\\.){8}|[a-z]{17}|" + _TRIPLE_LETTERS.encode()
)
_SPACED_LETTERS = re.compile(
    r"(?<![^\W_])[^\W\d_](?:[ ._*|/~,+-](?:[^\W_]|[@$!])(?![^\W_])){2,400}", re.ASCII
)
_BROKEN_WORD = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{1,14}(?:[-._*|~^+/\\]{1,2}[^\W\d_]{1,14}){1,12}(?![^\W\d_])", re.ASCII
)
_LEET_WORD = re.compile(r"(?<![\w@$!|+€])[\w@$!|+€]{3,24}(?![\w@$|+€])", re.ASCII)
_LONG_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{17,400}(?![^\W\d_])", re.ASCII)
_STRETCHED_WORD = re.compile(
    r"(?<![^\W\d_])(?=[^\W\d_]{0,40}([^\W\d_])\1\1)[^\W\d_]{4,60}(?![^\W\d_])", re.ASCII
)
_REPEATED_LETTER = re.compile(r"([^\W\d_])\1+", re.ASCII)
_BACKSLASHED = re.compile(r"(?:\\[^\n]){8,4096}")
_SEPARATOR = re.compile(r"[-._*|~^+/\\]{1,2}")


def deobfuscate(original: str, normalised: str) -> tuple[str, ...]:
    """The variants of a text: deobfuscated, if that changes it, and the hidden or encoded texts in it."""
    variants: list[str] = []
    visible = deobfuscate_words(normalised)
    if visible != normalised:
        variants.append(visible)
    chars_left = MAX_DECODED_CHARS
    for hidden in decode_hidden_texts(original, visible):
        if len(variants) >= MAX_VARIANTS or chars_left <= 0:
            break
        decoded = deobfuscate_words(hidden[:chars_left])
        chars_left -= len(decoded)
        if decoded not in variants and decoded != normalised:
            variants.append(decoded)
    return tuple(variants)


def deobfuscate_words(text: str) -> str:
    """Undo homoglyphs and spaced-out, broken, leet, stretched and joined words; ordinary text stays."""
    text = fold_homoglyphs(text)
    if _SUSPICIOUS.search(text.encode("utf-8", "replace")) is None:
        return text
    text = _BACKSLASHED.sub(lambda match: match.group()[1::2], text)
    text = _SPACED_LETTERS.sub(lambda match: _join_letters(match.group()), text)
    text = _BROKEN_WORD.sub(lambda match: _repair_word(match.group()), text)
    text = _replace_leet(text)
    text = _STRETCHED_WORD.sub(lambda match: _shorten_word(match.group()), text)
    return _LONG_WORD.sub(lambda match: _split_joined_words(match.group()), text)


def _join_letters(run: str) -> str:
    """The word or words spelled by single letters with separators; initials and lists are unchanged."""
    letters = "".join(LEET_LETTERS.get(character, character)[0] for character in run[::2])
    if letters.lower() in KNOWN_WORDS and len(letters) >= MIN_SPACED_LETTERS:
        return letters
    words = split_words(letters.lower())
    if words and len(words) <= len(letters) / 2:
        return " ".join(words)
    is_word = len(letters) >= MIN_UNKNOWN_SPACED_LETTERS and len(set(letters.lower())) > MIN_SPACED_LETTERS
    return letters if is_word else run


def _repair_word(run: str) -> str:
    """An attack word without the separators inside it, or known words with spaces instead of separators."""
    parts = _SEPARATOR.split(run)
    joined = "".join(parts)
    if len(joined) >= MIN_ATTACK_WORD_LETTERS and joined.lower() in ATTACK_WORDS:
        return joined
    words = [part.lower() for part in parts]
    if len(parts) >= MIN_JOINED_WORDS and ATTACK_WORDS.intersection(words) and KNOWN_WORDS.issuperset(words):
        return " ".join(parts)
    return run


def _replace_leet(text: str) -> str:
    """Replace digits and signs by letters in all words of the text, if that makes at least one known word."""
    candidates = {match.group() for match in _LEET_WORD.finditer(text)}
    replacements = {word: _without_leet(word) for word in candidates if _may_be_leet(word)}
    if not any(word.lower() in KNOWN_WORDS for word in replacements.values()):
        return text
    return _LEET_WORD.sub(lambda match: replacements.get(match.group(), match.group()), text)


def _may_be_leet(word: str) -> bool:
    letters = sum(character.isalpha() for character in word)
    return (
        0 < letters < len(word)
        and "_" not in word
        and all(character in LEET_LETTERS or character.isalpha() for character in word)
    )


def _without_leet(word: str) -> str:
    """The first of the possible spellings that is a known word, else the first one."""
    stem = word.rstrip("!")
    ending = word[len(stem) :]
    first = ""
    choices = (LEET_LETTERS.get(character, character) for character in stem)
    for guess, letters in enumerate(product(*choices)):
        spelling = "".join(letters)
        first = first or spelling
        if spelling.lower() in KNOWN_WORDS:
            return spelling + ending
        if guess >= MAX_LEET_GUESSES:
            break
    return first + ending


def _shorten_word(word: str) -> str:
    for replacement in (r"\1", r"\1\1"):
        shortened = _REPEATED_LETTER.sub(replacement, word)
        if shortened.lower() in KNOWN_WORDS:
            return shortened
    return word


def _split_joined_words(word: str) -> str:
    words = split_words(word.lower())
    is_attack = len(words) >= MIN_JOINED_WORDS and not ATTACK_WORDS.isdisjoint(words)
    return " ".join(words) if is_attack else word
