"""What a text says once its disguise is taken off: for detectors that read meaning, never for places in the text."""

import re
from itertools import product

import re2

from services.guard.domain.text.decoding import decode_hidden_texts
from services.guard.domain.text.homoglyphs import fold_homoglyphs
from services.guard.domain.text.lexicon import ATTACK, KNOWN, split_words

MAX_VARIANTS = 6
MAX_DECODED_CHARS = 16_384
"""Of all that was decoded together: a text that decodes to more than it shows must not take the detectors' time."""

LEET = {
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
LONGEST_LEET = 24
MAX_GUESSES = 8
LEAST_SPELT = 8
LEAST_LETTERS_SPELT = 4
LEAST_JOINED_WORDS = 3
LEAST_TRIGGER = 5

_RUNS = "|".join(letter * 3 for letter in "abcdefghijklmnopqrstuvxyz")
# One pass of a linear automaton tells for almost every text that there is nothing to undo.
_SUSPICIOUS = re2.compile(
    rb"(?i)\b[a-z][ ._*|/~,+-][a-z0-9@$!][ ._*|/~,+-][a-z0-9@$!](?:[ ._*|/~,+-]|\b)"
    rb"|[a-z][-._*|~^+/\\]{1,2}[a-z]"
    rb"|[a-z][0134578@$!|+][a-z0-9@$!|+]|\b[0134578@$][a-z]{2}"
    rb"|(?:\\.){8}|[a-z]{17}|" + _RUNS.encode()
)
_SPELT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ ._*|/~,+-](?:[^\W_]|[@$!])(?![^\W_])){2,400}", re.ASCII)
_BROKEN = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{1,14}(?:[-._*|~^+/\\]{1,2}[^\W\d_]{1,14}){1,12}(?![^\W\d_])", re.ASCII
)
_LEET = re.compile(r"(?<![\w@$!|+€])[\w@$!|+€]{3,24}(?![\w@$|+€])", re.ASCII)
_LONG = re.compile(r"(?<![^\W\d_])[^\W\d_]{17,400}(?![^\W\d_])", re.ASCII)
_STRETCHED = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]{0,40}([^\W\d_])\1\1)[^\W\d_]{4,60}(?![^\W\d_])", re.ASCII)
_REPEATED = re.compile(r"([^\W\d_])\1+", re.ASCII)
_SLASHED = re.compile(r"(?:\\[^\n]){8,4096}")
_BETWEEN = re.compile(r"[-._*|~^+/\\]{1,2}")


def deobfuscate(original: str, seen: str) -> tuple[str, ...]:
    """Other readings of a text, from its original and its plain form: the text undisguised, and what is hidden or encoded in it."""
    found: list[str] = []
    undone = deobfuscated(seen)
    if undone != seen:
        found.append(undone)
    left = MAX_DECODED_CHARS
    for text in decode_hidden_texts(original, undone):
        if len(found) >= MAX_VARIANTS or left <= 0:
            break
        peeked = deobfuscated(text[:left])
        left -= len(peeked)
        if peeked not in found and peeked != seen:
            found.append(peeked)
    return tuple(found)


def deobfuscated(text: str) -> str:
    """Letters that look like Latin ones, spaced-out, broken, leet, stretched and joined words, read as people read them."""
    text = fold_homoglyphs(text)
    if _SUSPICIOUS.search(text.encode("utf-8", "replace")) is None:
        return text
    text = _SLASHED.sub(lambda match: match.group()[1::2], text)
    text = _SPELT.sub(lambda match: _spelt(match.group()), text)
    text = _BROKEN.sub(lambda match: _whole(match.group()), text)
    text = _leet(text)
    text = _STRETCHED.sub(lambda match: _short(match.group()), text)
    return _LONG.sub(lambda match: _spaced(match.group()), text)


def _spelt(run: str) -> str:
    """Letters that stand alone, as one word or several; initials and lists stay."""
    letters = _plain_leet(run[::2])
    if letters.lower() in KNOWN and len(letters) >= LEAST_LETTERS_SPELT:
        return letters
    words = split_words(letters.lower())
    if words and len(words) <= len(letters) / 2:
        return " ".join(words)
    return letters if len(letters) >= LEAST_SPELT and len(set(letters.lower())) > LEAST_LETTERS_SPELT else run


def _whole(run: str) -> str:
    """A word of attacks with something between its letters; or such words with signs in the place of spaces."""
    parts = _BETWEEN.split(run)
    joined = "".join(parts)
    if len(joined) >= LEAST_TRIGGER and joined.lower() in ATTACK:
        return joined
    known = [part.lower() for part in parts]
    if len(parts) >= LEAST_JOINED_WORDS and ATTACK.intersection(known) and KNOWN.issuperset(known):
        return " ".join(parts)
    return run


def _leet(text: str) -> str:
    """Figures read as letters, in all words of the text, if at least one of them is then a known word."""
    read = {
        word: _read_leet(word)
        for word in {match.group() for match in _LEET.finditer(text)}
        if _may_be_leet(word)
    }
    if not any(meant.lower() in KNOWN for meant in read.values()):
        return text
    return _LEET.sub(lambda match: read.get(match.group(), match.group()), text)


def _may_be_leet(word: str) -> bool:
    letters = sum(character.isalpha() for character in word)
    return (
        0 < letters < len(word)
        and "_" not in word
        and all(character in LEET or character.isalpha() for character in word)
    )


def _read_leet(word: str) -> str:
    bare = word.rstrip("!")
    first = ""
    for guess, letters in enumerate(product(*(LEET.get(character, character) for character in bare))):
        meant = "".join(letters)
        first = first or meant
        if meant.lower() in KNOWN:
            return meant + word[len(bare) :]
        if guess >= MAX_GUESSES:
            break
    return first + word[len(bare) :]


def _plain_leet(letters: str) -> str:
    return "".join(LEET.get(character, character)[0] for character in letters)


def _short(word: str) -> str:
    for kept in (r"\1", r"\1\1"):
        shorter = _REPEATED.sub(kept, word)
        if shorter.lower() in KNOWN:
            return shorter
    return word


def _spaced(word: str) -> str:
    words = split_words(word.lower())
    return " ".join(words) if len(words) >= LEAST_JOINED_WORDS and not ATTACK.isdisjoint(words) else word
