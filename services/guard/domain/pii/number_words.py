"""The listed words about numbers, of which each has a kind, also at the beginning or end of a compound."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from services.guard.domain.text.word_lists import read_sections

MAX_STEM_CHARS, MIN_STEM_CHARS = 20, 3
FIRST_UNSPACED = "\u2e80"
"""The first character of the scripts that are written without spaces between words."""
NUMBER_TAILS = ("nummern", "nummeret", "nummer", "numret", "number", "num", "nr", "no", "id", "code")
"""Words for a number at the end of a compound, such as "Kundennummer"."""
_SECTIONS = read_sections("number_words.txt")
COPULAS = frozenset(" ".join(_SECTIONS["copula"]).split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The kind of each word, of each beginning of words, and of those that need a word for a number."""

    words: Mapping[str, str]
    stems: Mapping[str, str]
    needing_number: frozenset[str]
    is_linked: bool = False
    """Whether words such as "to" join a word and the number: "upgrade to 1.2.3.4"."""

    def kind(self, word: str, *, has_number: bool) -> str | None:
        """The kind of a word in small letters; None for any other word."""
        kind = self._listed(word, has_number=has_number)
        if kind is not None or not word.isascii():
            return kind or self._without_accents(word, has_number=has_number)
        return self._compound(word)

    def _without_accents(self, word: str, *, has_number: bool) -> str | None:
        plain = plain_word(word)
        return self._listed(plain, has_number=has_number) or self._compound(plain)

    def _listed(self, word: str, *, has_number: bool) -> str | None:
        kind = self.words.get(word)
        if kind is not None and (has_number or word not in self.needing_number):
            return kind
        stems = (word[:length] for length in range(min(len(word), MAX_STEM_CHARS), MIN_STEM_CHARS - 1, -1))
        return next((self.stems[stem] for stem in stems if stem in self.stems), None)

    def _compound(self, word: str) -> str | None:
        for tail in NUMBER_TAILS:
            if word.endswith(tail) and len(word) >= len(tail) + MIN_STEM_CHARS:
                stem = word.removesuffix(tail)
                return self._listed(stem, has_number=True) or self._listed(
                    stem.removesuffix("s"), has_number=True
                )
        return None


def vocabulary(*sections: str, is_linked: bool = False) -> Vocabulary:
    """The words of these sections of the list; of a word in several, the first section counts."""
    words: dict[str, str] = {}
    stems: dict[str, str] = {}
    needing_number: set[str] = set()
    for section in sections:
        for entry in " ".join(_SECTIONS[section]).split():
            word = plain_word(entry.rstrip("*+"))
            (stems if entry.endswith("*") else words).setdefault(word, section)
            if entry.endswith("+"):
                needing_number.add(word)
    return Vocabulary(words, stems, frozenset(needing_number), is_linked)


def plain_word(word: str) -> str:
    """The word in small letters, in Latin and Cyrillic script without accents."""
    if word.isascii() or word >= FIRST_UNSPACED:
        return word.casefold()
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))
