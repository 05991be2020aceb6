"""The form of a placeholder such as `<PERSON_1>`: how it is written, and read when models change it.

No other module knows the form. Models change a placeholder's brackets, case, letters and separators. It is
read in angle brackets of any script, escaped or as HTML entities, with spaces, hyphens and line breaks
between its words, with an ending in the brackets, as a pair of tags, and without brackets where its
underscores are left.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import accumulate

from schemas.folded_text import percent_decoded, with_plain_letters
from schemas.found_placeholders import FoundPlaceholder, PairedTags, WrittenPlaceholder, without_overlaps
from schemas.program_text import ProgramText

_EXACT = re.compile(r"<([A-Z][A-Z0-9_]{0,63})_(\d{1,9})>", re.ASCII)
_WRITTEN_OR_MASK = re.compile(r"<[A-Z][A-Z0-9_]{0,63}_\d{1,9}>|\[[A-Z][A-Z0-9_]{0,63}\]", re.ASCII)

_JOINT = r"(?:\s{0,8}(?:(?:\\{0,2}_){1,3}|\\{0,2}[\-\uff3f\uff0d\u2010-\u2013])\s{0,8}|\s{1,8})"
"""What stands between the words of a placeholder in brackets."""
_NUMBER_JOINT = rf"(?:{_JOINT}|\s{{0,8}}[:#]\s{{0,8}}|)"
"""What stands before its number."""
_BARE_JOINT = r"(?:\\{0,2}_){1,3}(?:[ \t]{0,3}\r?\n[ \t]{0,3})?"
"""What stands between the words of a placeholder without brackets."""
_ADDRESS_JOINT = r"\\{0,2}[_\-+ ]"
"""What stands between the words of a placeholder in an address."""
_BARE = re.compile(rf"[A-Za-z0-9]{{1,64}}(?:{_BARE_JOINT}[A-Za-z0-9]{{1,64}}){{1,64}}")
_AMP = "&(?:amp;)?"
_ANGLES = (
    ("<", ">"),
    (r"\\{1,4}<", r"\\{1,4}>"),
    ("<", r"\\{1,4}>"),
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
_APOSTROPHE = (
    "(?:['\u2018\u2019\u02bc\u00b4`]|&(?:amp;)?(?:apos|rsquo|\\#0?39|\\#x27|\\#8217);"
    r"|\\{1,2}u(?:0027|2019))"
)
_ENDING = rf"(?:\\{{0,2}}{_APOSTROPHE}[^\W\d_]{{0,5}}|s{_APOSTROPHE}?|:[^\W\d_]{{1,4}})"
"""An ending of the word that a model wrote inside the brackets; it stays behind the value."""
Brackets = tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


def _compiled(pairs: Iterable[tuple[str, str]]) -> Brackets:
    return tuple(
        (
            re.compile(rf"{opening}\s{{0,8}}(?P<slash>/?)\s{{0,8}}\Z"),
            re.compile(rf"(?P<ending>{_ENDING})?\s{{0,8}}/?{closing}"),
        )
        for opening, closing in pairs
    )


_ANGLE_BRACKETS, _KEPT_BRACKETS = _compiled(_ANGLES), _compiled(_KEPT)
_CHARS_BEFORE = 20
_LINK_BEFORE, _LINK_BEHIND = re.compile(r"[\]\[!\\]\Z"), re.compile(r"[\[(:\]]")
_SEPARATORS = re.compile(r"[\W_]+")
_JOINED_BEFORE = re.compile(r"[A-Za-z0-9]_{0,3}\Z")
_JOINED_BEHIND = re.compile(r"_{0,3}[A-Za-z0-9]")
_ENDING_S = re.compile("s(?![A-Za-z0-9_])")


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
    numbers = {match[1] for text in texts for form in _forms(text) for match in pattern.finditer(form)}
    return {int(prefix) for number in numbers for prefix in accumulate(number)}


def _forms(text: str) -> tuple[str, ...]:
    folded = with_plain_letters(text)
    return (text,) if folded is None else (text, folded.text)


def find_placeholders(text: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The known placeholders in the text in any form, in order; what is not known is no placeholder."""
    if not known:
        return []
    found = _find_in_plain_letters(text, known)
    folded = with_plain_letters(text)
    if folded is None:
        return found
    also = [
        FoundPlaceholder(*folded.original_span(each.start, each.end), each.name, each.ending)
        for each in _find_in_plain_letters(folded.text, known)
    ]
    return sorted([*also, *without_overlaps(found, also)], key=lambda each: each.start)


def find_in_address(address: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The known placeholders in an address, where each of their characters may be percent-encoded."""
    if not known:
        return []
    decoded = percent_decoded(address)
    written = address if decoded is None else decoded.text
    found = [
        (*_with_brackets(written, *match.span()), name)
        for match in _pattern(_kinds(known), _ADDRESS_JOINT).finditer(written)
        if (name := _name_of(match)) in known
    ]
    return [
        FoundPlaceholder(*((start, end) if decoded is None else decoded.original_span(start, end)), name)
        for start, end, name in found
    ]


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    has_brackets = text.startswith("<", start - 1) and text.startswith(">", end)
    return (start - 1, end + 1) if start and has_brackets else (start, end)


def _find_in_plain_letters(text: str, known: Collection[str]) -> list[FoundPlaceholder]:
    without_brackets: _WithoutBrackets | None = None
    tags = PairedTags(text)
    for match in _pattern(_kinds(known), _JOINT).finditer(text):
        name = _name_of(match)
        if name not in known:
            continue
        if (written := _in_brackets(text, match, name)) is not None:
            tags.add(written, match.group())
        elif _BARE.fullmatch(match.group()) and not match[1].startswith("0"):
            without_brackets = without_brackets or _WithoutBrackets(text, known)
            if without_brackets.is_placeholder(match.start(), match.end(), name):
                tags.add(WrittenPlaceholder(FoundPlaceholder(*match.span(), name)), match.group())
    return tags.found()


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


def _name_of(match: re.Match[str]) -> str:
    """The name of a placeholder without brackets, as the guard writes it."""
    words = _SEPARATORS.sub(" ", match.string[match.start() : match.start(1)]).split()
    digits = match[1] if match[1].isascii() else "".join(str(int(digit)) for digit in match[1])
    return f"<{'_'.join(words).upper()}_{digits.lstrip('0') or '0'}>"


def _in_brackets(text: str, match: re.Match[str], name: str) -> WrittenPlaceholder | None:
    """The placeholder with its brackets, or without those that stay; None if there are no brackets."""
    start, end = match.span()
    if text.startswith(">", end) and text.startswith(name, start - 1):
        return WrittenPlaceholder(FoundPlaceholder(start - 1, end + 1, name), is_tag=True)
    is_joined = not text[match.start(1) - 1].isalpha()
    if not is_joined and not match.group().isupper():
        return None
    before = text[max(0, start - _CHARS_BEFORE) : start]
    for opening, closing in _ANGLE_BRACKETS:
        close = closing.match(text, end)
        if close is not None and (opened := opening.search(before)) is not None:
            found = FoundPlaceholder(start - len(opened.group()), close.end(), name, close["ending"] or "")
            return WrittenPlaceholder(found, is_tag=True, is_closing_tag=bool(opened["slash"]))
    return _in_kept_brackets(text, match, name) if is_joined and match.group().isupper() else None


def _in_kept_brackets(text: str, match: re.Match[str], name: str) -> WrittenPlaceholder | None:
    """The placeholder in other brackets, which stay, unless its words would be prose without them."""
    start, end = match.span()
    before = text[max(0, start - _CHARS_BEFORE) : start]
    for opening, closing in _KEPT_BRACKETS:
        close = closing.match(text, end)
        if close is None or (opened := opening.search(before)) is None:
            continue
        first, last = start - len(opened.group()), close.end()
        is_link = _LINK_BEFORE.search(text[max(0, first - 1) : first]) or _LINK_BEHIND.match(text, last)
        if text[first] != "[" or is_link or _BARE.fullmatch(match.group()):
            return WrittenPlaceholder(FoundPlaceholder(start, end, name))
        return WrittenPlaceholder(FoundPlaceholder(first, last, name, close["ending"] or ""))
    return None


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
