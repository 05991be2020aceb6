"""Finds characters written as escapes: percent, HTML entities, backslashes and quoted-printable."""

import html.entities
import re
import sys
from collections.abc import Iterator

from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import Replacement
from services.guard.domain.text.top_level_domains import has_usual_top_level
from services.guard.domain.text.windowed_search import matches

_ESCAPE = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2}){1,65536}+)"
    r"|&(?:#(?P<decimal>[0-9]{1,7})(?:;|(?![0-9;]))|#[xX](?P<hexadecimal>[0-9a-fA-F]{1,6});"
    r"|(?P<entity>[A-Za-z][A-Za-z0-9]{1,30});)"
    r"|(?P<bytes>(?:\\{1,4}x[0-9a-fA-F]{2}){1,65536}+)"
    r"|(?P<code>\\{1,4}(?:u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}))"
    r"|\\{1,7}(?P<quote>[\"/])"
    r"|\\{1,4}(?P<space>[nrt])(?=[+(]?\d)|\\{1,4}(?P<break>[nrt])(?=[A-Z]{2}[0-9]{2}[ 0-9A-Z])"
    r"|(?P<quoted>(?:=[0-9A-F]{2}){1,65536}+)"
    r"|(?P<soft>(?:(?<=\S)|(?<=\d ))=\r?\n(?=\S|[ ]\d))"
)
ESCAPE_SIGNS = (
    rb"%[0-9A-Fa-f]{2}|&(?:#[0-9xX]|[A-Za-z][0-9A-Za-z]{1,30};)|=(?:[0-9A-F]{2}|\r?\n)"
    rb"|\\(?:[uUx][0-9A-Fa-f{]|[\"/]|[nrt](?:[+(]?[0-9]|[A-Z]{2}[0-9]))"
)
"""Bytes, one of which every text with escapes has, as a pattern for RE2."""
SPACE_SIGNS = rb"=[^ &=]{1,400}\+|=\?[\w-]{1,40}\?[qQ]\?"
_FIRST = re.compile(r"[%&\\=]")
_PLUS = re.compile(
    r"(?<![\w.\[\]-])[\w.\[\]-]{1,64}=(?P<value>[^\s&\"'<>=+]{1,200}\+[^\s&\"'<>=]{1,400})(?P<next>&[\w.-]{1,64}=)?"
)
_PLUS_IN_WORDS = re.compile(r"(?<=[^\W_])\+(?=[%]|[^\W_])")
_HEADER_WORD = re.compile(r"=\?[\w-]{1,40}\?[qQ]\?([^\s?]{1,400})\?=")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTED_PRINTABLE = re.compile(
    r"=3D|=20\d{3,6}=20|=\?[\w-]{1,40}\?[qQ]\?|(?:=[0-9A-F]{2}){3}|=20\r?\n|=C[3-5]=[89AB][0-9A-F]|=D[01]=[89AB][0-9A-F]|=E2=80="
)
"""What a quoted-printable text nearly always has, and other texts hardly ever."""
_QUOTED_AT_DOMAIN = re.compile(
    r"=40[A-Za-z](?:[A-Za-z0-9-]|=\r?\n){0,62}(?:(?:\.|=2E)[A-Za-z0-9-]{1,63}){1,4}"
)
_QUERY_PARAMETER = re.compile(r"[?&;][\w.-]{1,64}\Z")
_ASSIGNMENT_LINE = re.compile(r"\w{1,64}=")
_BYTE = re.compile(r"(?:[%=]|\\{1,4}x)[0-9A-Fa-f]{2}")
_UTF8_SIZES = ((0x7F, 1), (0xBF, 0), (0xDF, 2), (0xEF, 3), (0xF7, 4), (0xFF, 0))
"""The highest first byte of characters of each size."""
MIN_HIGH_BYTE = 0xA0
MAX_LINE_CHARS = 100
_SURROGATES = range(0xD800, 0xE000)
_SPACES = {"n": "\n", "r": "\r", "t": "\t"}


def escapes(text: str) -> Iterator[Replacement]:
    """Each escape with the text that it stands for, in order; what stands for no visible character stays."""
    is_quoted_printable = "=" in text and _QUOTED_PRINTABLE.search(text) is not None
    end = 0
    for first in _FIRST.finditer(text):
        match = _ESCAPE.match(text, first.start()) if first.start() >= end else None
        if match is None:
            continue
        kind, end = match.lastgroup, match.end()
        if kind == "quoted":
            yield from _quoted_bytes(text, match, is_everywhere=is_quoted_printable)
        elif kind in ("percent", "bytes"):
            yield from _characters(text, match)
        elif kind == "soft":
            if is_quoted_printable or not _is_list_of_names(text, match):
                yield Replacement(*match.span(), "")
        else:
            replacement = _single(text, match)
            if replacement is not None:
                end = replacement.end
                yield replacement


def written_spaces(text: str) -> Iterator[Replacement]:
    """The plus signs in queries and forms, and the underscores in mail headers, that stand for spaces."""
    for match in matches(_HEADER_WORD, text):
        for index in range(*match.span(1)):
            if text[index] == "_":
                yield Replacement(index, index + 1, " ")
    for match in matches(_PLUS, text):
        start, end = match.span("value")
        is_field = text[match.start() - 1 : match.start()] in ("?", "&") or match["next"] is not None
        if is_field or _PERCENT.search(text, start, end):
            for plus in _PLUS_IN_WORDS.finditer(text, start, end):
                yield Replacement(*plus.span(), " ")


def _single(text: str, match: re.Match[str]) -> Replacement | None:
    """An escape that stands for one character, or two that stand for one as a pair of surrogates."""
    if match["entity"]:
        decoded, end = html.entities.html5.get(match["entity"] + ";", ""), match.end()
    elif match["quote"]:
        decoded, end = match["quote"], match.end()
    elif match["space"] or match["break"]:
        decoded, end = _SPACES[match["space"] or match["break"]], match.end()
    else:
        code, end = _code(text, match)
        decoded = chr(code) if code <= sys.maxunicode and code not in _SURROGATES else ""
    if not _is_visible(decoded):
        return None
    return Replacement(match.start(), end, normalise(decoded).text)


def _code(text: str, match: re.Match[str]) -> tuple[int, int]:
    """The code of the character and the end of its escape, which may be a pair of surrogates."""
    if match["decimal"] or match["hexadecimal"]:
        return int(match["decimal"] or match["hexadecimal"], 10 if match["decimal"] else 16), match.end()
    code = int(match["code"].lstrip("\\")[1:].strip("{}"), 16)
    low = _ESCAPE.match(text, match.end()) if code in range(0xD800, 0xDC00) else None
    if low is not None and low["code"]:
        second = int(low["code"].lstrip("\\")[1:].strip("{}"), 16)
        if second in range(0xDC00, 0xE000):
            return 0x10000 + ((code - 0xD800) << 10) + second - 0xDC00, low.end()
    return code, match.end()


def _characters(text: str, match: re.Match[str]) -> Iterator[Replacement]:
    """The characters of a run of bytes; a byte that is no UTF-8 is Latin-1 if it is a letter in a word."""
    ends = [each.end() for each in _BYTE.finditer(text, *match.span())]
    values = bytes(int(text[end - 2 : end], 16) for end in ends)
    offsets = [match.start(), *ends]
    index = 0
    while index < len(values):
        size = _utf8_size(values, index)
        decoded = values[index : index + size].decode("utf-8", "replace") if size else ""
        if not size:
            size, decoded = 1, _latin_letter(text, values[index], offsets[index], offsets[index + 1])
        if _is_visible(decoded):
            yield Replacement(offsets[index], offsets[index + size], normalise(decoded).text)
        index += size


def _utf8_size(values: bytes, index: int) -> int:
    """The number of bytes of the UTF-8 character here; 0 if there is none."""
    size = next(size for last, size in _UTF8_SIZES if values[index] <= last)
    try:
        values[index : index + size].decode()
    except UnicodeDecodeError:
        return 0
    return size


def _latin_letter(text: str, value: int, start: int, end: int) -> str:
    """The Latin-1 letter of this byte, if it stands in a word."""
    letter = chr(value)
    is_in_word = text[start - 1 : start].isalpha() and not text[end : end + 1].isdigit()
    return letter if value >= MIN_HIGH_BYTE and letter.isalpha() and is_in_word else ""


def _quoted_bytes(text: str, match: re.Match[str], *, is_everywhere: bool) -> Iterator[Replacement]:
    """The characters of quoted-printable bytes, which assignments in code and addresses look like."""
    domain = _QUOTED_AT_DOMAIN.match(text, match.start())
    is_at = domain is not None and has_usual_top_level(domain.group())
    is_parameter = _QUERY_PARAMETER.search(text, max(0, match.start() - 66), match.start()) is not None
    for replacement in _characters(text, match):
        is_letter = replacement.text.isalpha() and not replacement.text.isascii()
        is_point = replacement.text == "." and text[replacement.start - 1 : replacement.start].isalpha()
        if is_everywhere or is_letter or ((is_at or is_point) and not is_parameter):
            yield replacement


def _is_list_of_names(text: str, match: re.Match[str]) -> bool:
    """Whether names without a value stand one below the other, as in a file of settings."""
    line = text[max(0, match.start() - MAX_LINE_CHARS) : match.start()].rpartition("\n")[2]
    return line.isidentifier() and _ASSIGNMENT_LINE.match(text, match.end()) is not None


def _is_visible(decoded: str) -> bool:
    """Whether it is a character that a text may have, which includes those without a glyph."""
    return bool(decoded) and (
        decoded.isprintable()
        or decoded in "\n\r\t\xa0"
        or (not decoded.isascii() and ord(decoded[0]) > MIN_HIGH_BYTE)
    )
