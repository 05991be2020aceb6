"""Whether a value stands in a text as a word or number of its own, and not inside a longer one.

Scripts without spaces show no boundaries, so there a value counts wherever it occurs. So it does in Korean,
whose particles follow a name without a space, and behind the one-letter prefixes of Arabic and Hebrew.
"""

import re
import unicodedata
from collections.abc import Callable

from services.guard.domain.text.normalization import is_invisible

Boundary = Callable[[str, int], bool]
"""Whether a value may begin or end at this position of a text."""

_LATIN = r"A-Za-z\u00aa\u00b5\u00ba\u00c0-\u02ff\u1e00-\u1eff"
NO_LATIN_BEFORE, NO_LATIN_BEHIND = rf"(?<![\d{_LATIN}])", rf"(?![\d{_LATIN}])"
"""The edges of a number in a pattern: letters of other scripts may touch it, as in texts without spaces."""
_SPACED = r"[^\W_\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\uffff]"
NO_WORD_BEFORE, NO_WORD_BEHIND = rf"(?<!{_SPACED})", rf"(?!(?!\d){_SPACED})"
"""The edges of a word in a pattern: letters of scripts without spaces may touch it, and digits follow it."""
LATIN_OR_DIGIT = re.compile(rf"[\d{_LATIN}]")

_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1100, 0x11FF),  # Hangul letters
    (0x1780, 0x17FF),  # Khmer
    (0x19E0, 0x1AAF),  # Khmer symbols, Tai Tham
    (0x2E80, 0x31FF),  # radicals, kana, bopomofo, Hangul letters
    (0x3400, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),  # Hangul syllables
    (0xF900, 0xFAFF),
    (0xFF66, 0xFFDC),  # half-width kana and Hangul
    (0x1B000, 0x1B2FF),
    (0x20000, 0x3FFFF),
)
_FIRST_WITHOUT_SPACES = 0x0E00
_PREFIX_LETTERS = frozenset("\u0648\u0641\u0628\u0644\u0643\u0627\u05d5\u05d4\u05d1\u05db\u05dc\u05de\u05e9")
"""Prefixes of Arabic (and, then, in, to, like, the) and Hebrew (and, the, in, like, to, from, that)."""
_MAX_PREFIX_LETTERS = 3
_MAX_INVISIBLE = 8
_WORD_BREAKS = frozenset("\u200b\u200c")
"""Invisible characters between words: the zero-width space, and the non-joiner before Persian endings."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}\Z|\\[nrt]\Z")
"""An encoded space, quote or line break, which ends in a letter or digit and yet is none."""

_LOCAL_PART_BEHIND = re.compile(r"[.+\-_][\w.+\-]{0,64}@\w")
_DOMAIN_BEFORE = re.compile(r"@[\w.\-]{0,64}[.\-]\Z")
_MAX_ADDRESS_CHARS = 66


def begins_word(text: str, start: int) -> bool:
    """Whether a value that starts here is no later part of a word, number, name in code or address."""
    if not begins_token(text, start):
        return False
    first, before, beyond = text[start], text[start - 1 : start], text[max(0, start - 2) : max(0, start - 1)]
    if not _is_word(first):
        return True
    if before == "$" and first.isalpha():
        return False
    if before in ".-" and _DOMAIN_BEFORE.search(text, max(0, start - _MAX_ADDRESS_CHARS), start):
        return False
    if before == "." and not (first.islower() or (first.isdigit() and beyond.isdigit())):
        return True
    return before not in _joining(first) or not _is_word(beyond)


def ends_word(text: str, end: int) -> bool:
    """Whether a value that ends here is no earlier part of a word, number, name in code or address."""
    if not ends_token(text, end):
        return False
    last, behind, beyond = text[end - 1], text[end : end + 1], text[end + 1 : end + 2]
    if not _is_word(last):
        return True
    if _LOCAL_PART_BEHIND.match(text, end):
        return False
    if behind == "." and not (beyond.isdigit() or (beyond.islower() and last.isalpha())):
        return True
    return behind not in _joining(last) or not _is_word(beyond)


def unspaced_end(text: str, start: int, end: int) -> int:
    """The end of the last character of a script without spaces in a span; its start if it has none."""
    if text[start:end].isascii():
        return start
    return next((i for i in range(end, start, -1) if _is_without_spaces(text[i - 1])), start)


def begins_token(text: str, start: int) -> bool:
    """Whether no letter or digit that belongs to it stands before a value that starts here."""
    before = _neighbour(text, start - 1, -1)
    if not _is_inside_word(text[start], before):
        return True
    if before in _PREFIX_LETTERS and text[start].isalpha() and _has_prefix(text, start):
        return True
    return before.isascii() and _ESCAPE.search(text, max(0, start - 3), start) is not None


def ends_token(text: str, end: int) -> bool:
    """Whether no letter, digit or combining mark that belongs to it stands behind a value that ends here."""
    return not _is_inside_word(text[end - 1], _neighbour(text, end, 1))


def _neighbour(text: str, index: int, step: int) -> str:
    """The next visible character; empty at the end of the text and at a break between words."""
    for position in range(index, index + step * _MAX_INVISIBLE, step):
        if not 0 <= position < len(text) or text[position] in _WORD_BREAKS:
            return ""
        if not is_invisible(text[position]):
            return text[position]
    return ""


def _joining(edge: str) -> str:
    """The signs that join a value with this edge to a letter or digit beyond them."""
    return "_.@" if edge.isalpha() else ".@"


def _is_inside_word(edge: str, neighbour: str) -> bool:
    """Whether there is no boundary between the edge of a value and the character beside it."""
    is_joined = _is_word(edge) and _is_word(neighbour)
    return is_joined and not (_is_without_spaces(edge) or _is_without_spaces(neighbour))


def _is_word(character: str) -> bool:
    if character.isascii():
        return character.isalnum()
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _is_without_spaces(character: str) -> bool:
    code = ord(character)
    return code >= _FIRST_WITHOUT_SPACES and any(first <= code <= last for first, last in _WITHOUT_SPACES)


def _has_prefix(text: str, start: int) -> bool:
    """Whether all letters before a value in its word are prefixes."""
    for index in range(start - 1, start - _MAX_PREFIX_LETTERS - 2, -1):
        if index < 0 or not _is_word(text[index]):
            return True
        if text[index] not in _PREFIX_LETTERS:
            return False
    return False
