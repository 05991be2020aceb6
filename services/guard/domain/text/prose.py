"""Takes from a text the words by which its language can be told: no code, no names, each word once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

PIECE_CHARS = 1_300
MAX_PIECES = 3
"""Of a longer text its beginning, middle and end are looked at."""
MIN_LETTERS, MIN_WORDS = 12, 3
MIN_SHARE = 0.25
"""Less of a table, log or program is words, and these are no sentences."""
_ENGLISH = """
the and that you your with what how this these are please from can which should would their they it
its be been not there when who why about make write give has some could because than other between
does did tell show find many much each into after following first every during before against through
years people only where any two his our them then being both until while since said says want need
question answer again used also however according including because around another without within whose
those
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
"""Words that are frequent in English and no frequent words of another language."""
_SHARED = """
a an is to of in for my me i do on at as by we he she was were will have had no all if or one but so
get out most made up over under like now new her such
"""
_SHARED_WORDS = frozenset(_SHARED.split())
"""Words that are frequent in English and stand in other languages too."""
WORDS_PER_FREQUENT_WORD = (0, 0, 3, 4, 5)
"""Of how many words one must be frequent, by the number of different English ones; with 0 or 1 never."""
_FREQUENT_WORDS = _ENGLISH_WORDS | _SHARED_WORDS
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`", re.DOTALL)
_NOT_ENGLISH = re.compile(r"[^\W\d_A-Za-z]")
_ASCII_WORD = re.compile(r"(?<![^\s\"'(])[A-Za-z]+")
_NOT_A_WORD = re.compile(r"[\d_@/\\{}()=<>#$|~^%&*+\[\]]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Prose:
    """The different words of a piece of text; mostly without capitalised ones, which are names too often."""

    words: tuple[str, ...]
    share: float
    """The letters of all its words, per character that is no white space."""

    @property
    def is_enough(self) -> bool:
        """Whether it has enough words to tell their language."""
        return (
            len(self.words) >= MIN_WORDS and _letters(self.words) >= MIN_LETTERS and self.share >= MIN_SHARE
        )


def pieces(text: str) -> Iterator[str]:
    """The whole text in pieces, or, if it is long, its beginning, middle and end."""
    if len(text) <= MAX_PIECES * PIECE_CHARS:
        for start in range(0, len(text), PIECE_CHARS):
            yield text[start : start + PIECE_CHARS]
        return
    middle = (len(text) - PIECE_CHARS) // 2
    for start in (0, middle, len(text) - PIECE_CHARS):
        yield text[start : start + PIECE_CHARS]


def is_plain_english(piece: str) -> bool:
    """Whether frequent English words are so many in a piece that its language needs no identifier.

    Capitalised ones count as different only at the beginning, since titles are English in other languages.
    """
    if not piece.isascii() and _NOT_ENGLISH.search(piece):
        return False
    words = _ASCII_WORD.findall(piece)
    different = len(_ENGLISH_WORDS.intersection([*map(str.lower, words[:1]), *words[1:]]))
    ratio = WORDS_PER_FREQUENT_WORD[min(different, len(WORDS_PER_FREQUENT_WORD) - 1)]
    return ratio > 0 and ratio * sum(word in _FREQUENT_WORDS for word in map(str.lower, words)) >= len(words)


def prose_of(piece: str) -> Prose:
    """The prose of a piece of text, in lower case."""
    spans = (_CODE.sub(" ", piece) if "`" in piece else piece).split()
    words = _WORD.findall(" ".join(span for span in spans if not _NOT_A_WORD.search(span)))
    chars = sum(map(len, piece.split()))
    return Prose(_telling_words(words), _letters(words) / chars if chars else 0.0)


def _telling_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words without capitalised ones; all of them where the others are few (German nouns), or shouted."""
    lower = [word for word in words if word.islower()]
    letters, of_lower = _letters(words), _letters(lower)
    is_short = of_lower < MIN_LETTERS and of_lower * 4 >= letters
    if is_short or _letters([word for word in words if word.isupper()]) * 2 > letters:
        lower = [word.lower() for word in words]
    return tuple(dict.fromkeys(lower))


def _letters(words: Iterable[str]) -> int:
    return sum(map(len, words))
