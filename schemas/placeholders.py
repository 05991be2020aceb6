"""The form of a placeholder such as `<PERSON_1>`: how it is written, and read when models change it.

No other module knows the form. Models change a placeholder's brackets, case and separators. It is read in
angle brackets of any script, escaped or as HTML entities, with spaces, hyphens and line breaks between its
words, and without brackets where its underscores are left.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from schemas.program_text import ProgramText

_EXACT = re.compile(r"<([A-Z][A-Z0-9_]{0,63})_(\d{1,9})>", re.ASCII)
_WRITTEN_OR_MASK = re.compile(r"<[A-Z][A-Z0-9_]{0,63}_\d{1,9}>|\[[A-Z][A-Z0-9_]{0,63}\]", re.ASCII)

_JOINT = r"(?:\s{0,8}\\{0,2}(?:__|[_\-\uff3f\uff0d\u2010-\u2013])\s{0,8}|\s{1,8})"
"""What stands between the words of a placeholder in brackets."""
_NUMBER_JOINT = rf"(?:{_JOINT}|\s{{0,8}}[:#]\s{{0,8}})"
"""What stands before its number."""
_BARE_JOINT = r"\\{0,2}_(?:[ \t]{0,3}\r?\n[ \t]{0,3})?"
"""What stands between the words of a placeholder without brackets."""
_ADDRESS_JOINT = r"(?:%(?:25)?(?:5[fF]|20|2[dD])|\\{0,2}[_\-+ ])"
"""What stands between the words of a placeholder in an address."""
_PERCENT_ENCODED = re.compile("%(?:25)?[0-9A-Fa-f]{2}")
_ENCODED_OPENING, _ENCODED_CLOSING = re.compile(r"%(?:25)?3[cC]\Z"), re.compile("%(?:25)?3[eE]")
_BARE = re.compile(rf"[A-Za-z0-9]{{1,64}}(?:{_BARE_JOINT}[A-Za-z0-9]{{1,64}}){{1,64}}")
_AMP = "&(?:amp;)?"
_ANGLES = (
    ("<", ">"),
    (r"\\{1,2}<", r"\\{1,2}>"),
    (rf"{_AMP}(?:lt|LT|\#60|\#x3[cC]);", rf"{_AMP}(?:gt|GT|\#62|\#x3[eE]);"),
    (r"\\{1,2}u003[cC]", r"\\{1,2}u003[eE]"),
    (
        "[\uff1c\u300a\u3008\u27e8\u00ab\u2039\ufe64\u2329\u02c2\u276e\u27ea]",
        "[\uff1e\u300b\u3009\u27e9\u00bb\u203a\ufe65\u232a\u02c3\u276f\u27eb]",
    ),
)
"""Brackets that stand for `<` and `>` and are replaced with the placeholder."""
_KEPT = ((r"\[", r"\]"), (r"\{", r"\}"), ("[\u3010\uff3b\uff5b]", "[\u3011\uff3d\uff5d]"))
"""Brackets that are formatting and stay around the value."""
Brackets = tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


def _compiled(pairs: Iterable[tuple[str, str]]) -> Brackets:
    return tuple(
        (re.compile(rf"{opening}\s{{0,8}}\Z"), re.compile(rf"\s{{0,8}}/?{closing}"))
        for opening, closing in pairs
    )


_ANGLE_BRACKETS, _KEPT_BRACKETS = _compiled(_ANGLES), _compiled(_KEPT)
_CHARS_BEFORE = 20
_SEPARATORS = re.compile(r"[\W_]+")
_JOINED_BEFORE = re.compile(r"[A-Za-z0-9]_{0,3}\Z")
_JOINED_BEHIND = re.compile(r"_{0,3}[A-Za-z0-9]")
_ENDING_S = re.compile("s(?![A-Za-z0-9_])")


@dataclass(frozen=True, slots=True)
class FoundPlaceholder:
    """A placeholder in a text, in whatever form it is there: its span, and its name as the guard wrote it."""

    start: int
    end: int
    name: str


def placeholder(kind: str, number: int) -> str:
    """The placeholder of the value with this number among those of its kind."""
    return f"<{kind}_{number}>"


def mask(kind: str) -> str:
    """What replaces a value that is not restored."""
    return f"[{kind}]"


def kind_of(name: str) -> str | None:
    """The kind of a placeholder as it is written; None for any other text."""
    match = _EXACT.fullmatch(name)
    return match[1] if match else None


def canonical_name(name: str) -> str:
    """A placeholder with or without its brackets, as the guard writes it; any other text unchanged."""
    return name if name.startswith("<") else f"<{name}>"


def without_placeholders(text: str) -> str:
    """The text with a space for each placeholder as it is written, and for each mask."""
    return _WRITTEN_OR_MASK.sub(" ", text)


def numbers_like(texts: Iterable[str], kind: str) -> set[int]:
    """The numbers that must not be given out for this kind, since with one of them a text may be read so.

    A digit behind the number may be replaced and the rest remain, so the beginnings of numbers are there too.
    """
    pattern = _pattern((kind,), _JOINT)
    numbers = {match[1] for text in texts for match in pattern.finditer(text)}
    return {int(prefix) for number in numbers for prefix in accumulate(number)}


def find_placeholders(text: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The known placeholders in the text in any form, in order; what is not known is no placeholder."""
    if not known:
        return []
    without_brackets: _WithoutBrackets | None = None
    found: list[FoundPlaceholder] = []
    for match in _pattern(_kinds(known), _JOINT).finditer(text):
        name = _name_of(match.group())
        if name not in known:
            continue
        span = _span_in_brackets(text, match.start(), match.end(), name)
        if span is None and _BARE.fullmatch(match.group()) and not match[1].startswith("0"):
            without_brackets = without_brackets or _WithoutBrackets(text, known)
            span = match.span() if without_brackets.is_placeholder(match.start(), match.end(), name) else None
        if span is not None:
            found.append(FoundPlaceholder(*span, name))
    return found


def find_in_address(address: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The known placeholders in an address, where they may be percent-encoded."""
    return [
        FoundPlaceholder(*_span_with_encoded_brackets(address, match), name)
        for match in (_pattern(_kinds(known), _ADDRESS_JOINT).finditer(address) if known else ())
        if (name := _name_of(_PERCENT_ENCODED.sub("_", match.group()))) in known
    ]


def _span_with_encoded_brackets(address: str, match: re.Match[str]) -> tuple[int, int]:
    opened = _ENCODED_OPENING.search(address, max(0, match.start() - _CHARS_BEFORE), match.start())
    closed = _ENCODED_CLOSING.match(address, match.end())
    return (opened.start(), closed.end()) if opened and closed else match.span()


def _kinds(known: Iterable[str]) -> tuple[str, ...]:
    """The kinds of placeholders, each once: there may be thousands of placeholders."""
    starts = {name.rpartition("_")[0] for name in known}
    return tuple(sorted(kind for start in starts if (kind := kind_of(f"{start}_1>")) is not None))


@lru_cache(maxsize=1024)
def _pattern(kinds: tuple[str, ...], joint: str) -> re.Pattern[str]:
    """Matches a placeholder of one of the kinds without its brackets; the group is the number."""
    written = [joint.join("".join(map(_letter, word)) for word in _words(kind)) for kind in kinds]
    longest_first = sorted(written, key=len, reverse=True)
    before_number = _NUMBER_JOINT if joint == _JOINT else joint
    return re.compile(rf"(?:{'|'.join(longest_first) or '(?!)'}){before_number}(\d{{1,9}})")


def _words(kind: str) -> list[str]:
    return [word for word in kind.split("_") if word]


def _letter(character: str) -> str:
    return f"[{character}{character.lower()}]" if character.isalpha() else character


def _name_of(written: str) -> str:
    """The name of a placeholder without brackets, as the guard writes it."""
    *words, number = _SEPARATORS.split(written)
    digits = number if number.isascii() else "".join(str(int(digit)) for digit in number)
    return f"<{'_'.join(words).upper()}_{digits.lstrip('0') or '0'}>"


def _span_in_brackets(text: str, start: int, end: int, name: str) -> tuple[int, int] | None:
    """The span with its brackets, or without those that stay; None if there are no brackets."""
    if text.startswith(">", end) and text.startswith(name, start - 1):
        return start - 1, end + 1
    before = text[max(0, start - _CHARS_BEFORE) : start]
    for opening, closing in _ANGLE_BRACKETS:
        close = closing.match(text, end)
        if close is not None and (opened := opening.search(before)) is not None:
            return start - len(opened.group()), close.end()
    is_kept = text[start:end].isupper() and any(
        closing.match(text, end) and opening.search(before) for opening, closing in _KEPT_BRACKETS
    )
    return (start, end) if is_kept else None


class _WithoutBrackets:
    """Tells a placeholder that lost its brackets from a part of a longer name and a variable of a program."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self._text = text
        self._program_text = ProgramText(text)
        self._written_exactly = {match[1] for match in _EXACT.finditer(text) if match.group() in known}

    def is_placeholder(self, start: int, end: int, name: str) -> bool:
        """Whether the words from `start` to `end`, without brackets, are this placeholder."""
        before = self._text[max(0, start - _CHARS_BEFORE) : start]
        is_genitive = _ENDING_S.match(self._text, end) is not None
        if _JOINED_BEFORE.search(before) or (_JOINED_BEHIND.match(self._text, end) and not is_genitive):
            return False
        is_exact_too = kind_of(name) in self._written_exactly
        if self._text[start:end].isupper():
            is_key = is_exact_too and self._program_text.is_key(start, end)
            return not is_key and not self._program_text.is_constant(start, end)
        return not is_exact_too and not self._program_text.is_variable(start, end)
