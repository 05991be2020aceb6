"""A peek into what a text carries encoded, reversed or invisible: bounded, and only what reads like a text is kept."""

import base64
import binascii
import codecs
import html
import re
import sys
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import re2

from services.guard.domain.text.lexicon import is_readable, known_share

MAX_RUNS = 6
"""Of one kind in one text; more of them are not looked at."""
MAX_RUN_CHARS = 16_384
MAX_PEEKS = 12
NESTED = 2
LEAST_HIDDEN = 6
LEAST_SHARE = 0.3
"""Of known words, for what any text can be turned into: letters moved on by 13, or read from behind."""

_CALLS = "ignore|prompt|instruction|system|previous|disregard|password|forget|reveal"
_ENCODED = re2.compile(
    rb"[A-Za-z0-9+/_-]{16}|<~|(?i:(?:%[0-9a-f]{2}.{0,24}){2}|&#x?[0-9a-f]{1,6};|\\[ux][0-9a-f]{2}|(?:[0-9a-f]{2}[ ,:]?){8})|(?:[01]{8} ?){3}"
    rb"|(?:[0-9]{2,3}[ ,]{1,2}){7}|(?:[.-]{1,6}[ /]{1,3}){6}|(?i:\b(?:"
    + codecs.encode("the|you|all|this|and|" + _CALLS, "rot13").encode()
    + rb")\b|"
    + _CALLS[::-1].encode()
    + b")"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,16384}(?:\r?\n[A-Za-z0-9+/_-]{4,76}){0,200}={0,2}"
)
_BASE32 = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{16,16384}={0,6}(?![A-Za-z0-9])")
_ASCII85 = re.compile(r"<~[!-uz\s]{8,16384}~>")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){8,4096}(?![0-9A-Za-z])")
_BINARY = re.compile(r"(?<![0-9])(?:[01]{8} ?){4,2048}(?![0-9])")
_CODES = re.compile(r"(?<![0-9])(?:[0-9]{2,3}[ ,]{1,2}){7,4096}[0-9]{2,3}(?![0-9])")
_MORSE = re.compile(r"(?:[.-]{1,6}[ /]{1,3}){6,4096}[.-]{0,6}")
_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})")
_MORSE_SIGNS = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
_MORSE_LETTERS = dict(zip(re.split(" ", _MORSE_SIGNS), "abcdefghijklmnopqrstuvwxyz", strict=True))
_BYTE_OF = {code: number for number, code in enumerate((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))}
"""The bytes that variation selectors stand for where they are used to carry a message."""
_LETTER_OF = {chr(0xE0000 + code): chr(code) for code in range(0x20, 0x7F)}
"""The letters that tag characters stand for."""


def decode_hidden_texts(original: str, seen: str) -> Iterator[str]:
    """What is hidden in the original and what the plain text carries encoded, and what that carries again, at most twice."""
    peeks = MAX_PEEKS
    texts = [*_hidden(original), *_encoded(seen)]
    for _ in range(NESTED):
        inner: list[str] = []
        for text in texts:
            if peeks == 0:
                return
            peeks -= 1
            yield text
            inner += _encoded(text[:MAX_RUN_CHARS])
        texts = inner


def _hidden(original: str) -> list[str]:
    """Messages in characters that nobody sees: tags, variation selectors, and what is shown in the other direction."""
    if original.isascii():
        return []
    tags = "".join(_LETTER_OF.get(character, "") for character in original)
    selectors = bytes(
        _BYTE_OF[ord(character)] for character in original if ord(character) in _BYTE_OF
    ).decode("utf-8", "ignore")
    turned = ["".join(reversed(part.partition("\u202c")[0])) for part in original.split("\u202e")[1:]]
    return [
        text[:MAX_RUN_CHARS]
        for text in (tags, selectors, *turned[:MAX_RUNS])
        if len(text) >= LEAST_HIDDEN and text.isprintable()
    ]


def _encoded(text: str) -> list[str]:
    if _ENCODED.search(text.encode("utf-8", "replace")) is None:
        return []
    whole = [read(text) for read in (_without_percent, _without_entities, _without_escapes)]
    turned = [
        read
        for read in (_rotated(text), text[::-1])
        if (share := known_share(read)) >= LEAST_SHARE and share > known_share(text)
    ]
    runs = [
        read
        for shape, decode in _KINDS
        for match, _ in zip(shape.finditer(text), range(MAX_RUNS), strict=False)
        if (read := _read(decode, match.group()[:MAX_RUN_CHARS]))
        and (is_readable(read) or _BASE64.fullmatch(read))
    ]
    return [read for read in dict.fromkeys((*whole, *turned, *runs)) if read != text]


def _read(decode: Callable[[str], str], run: str) -> str:
    """Decode a run, or nothing where it is none."""
    try:
        return decode(run).strip()
    except (ValueError, OverflowError, binascii.Error):
        return ""


def _from_base64(run: str) -> str:
    compact = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    usable = compact[: len(compact) - (len(compact) % 4 == 1)]
    return base64.b64decode(usable + "=" * (-len(usable) % 4)).decode()


def _from_base32(run: str) -> str:
    compact = run.rstrip("=")
    return base64.b32decode(compact + "=" * (-len(compact) % 8)).decode()


def _from_ascii85(run: str) -> str:
    return base64.a85decode(run, adobe=True).decode()


def _from_hex(run: str) -> str:
    return bytes.fromhex(re.sub(r"0x|\\x|[ ,:]", "", run)).decode()


def _from_binary(run: str) -> str:
    bits = run.replace(" ", "")
    return bytes(int(bits[index : index + 8], 2) for index in range(0, len(bits), 8)).decode()


def _from_codes(run: str) -> str:
    return bytes(int(code) for code in re.split(r"[ ,]+", run)).decode()


def _from_morse(run: str) -> str:
    return "".join(
        " " if sign == "/" else _MORSE_LETTERS.get(sign, "") for sign in re.findall(r"[.-]+|/", run)
    )


_KINDS = (
    (_BASE64, _from_base64),
    (_BASE32, _from_base32),
    (_ASCII85, _from_ascii85),
    (_HEX, _from_hex),
    (_BINARY, _from_binary),
    (_CODES, _from_codes),
    (_MORSE, _from_morse),
)


def _rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def _without_percent(text: str) -> str:
    return unquote(text, errors="ignore") if "%" in text else text


def _without_entities(text: str) -> str:
    return html.unescape(text) if "&#" in text else text


def _without_escapes(text: str) -> str:
    return (
        _ESCAPE.sub(lambda match: _character(int(match.group(1) or match.group(2), 16)), text)
        if "\\" in text
        else text
    )


def _character(code: int) -> str:
    return chr(code) if code <= sys.maxunicode else ""
