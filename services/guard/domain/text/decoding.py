"""Decodes encoded, reversed and invisible parts of a text, within bounds; only readable results are kept."""

import base64
import binascii
import codecs
import html
import re
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import unquote

import re2

from services.guard.domain.text.lexicon import is_readable, known_share

MAX_RUNS = 6
"""Of one encoding in one text; further ones are not decoded."""
MAX_RUN_CHARS = 16_384
MAX_DECODED_TEXTS = 12
MAX_NESTING = 2
MIN_HIDDEN_CHARS = 6
MIN_KNOWN_SHARE = 0.3
"""Share of known words that a text must have after ROT13 or reversal, which can be applied to any text."""

_TRIGGER_WORDS = "ignore|prompt|instruction|system|previous|disregard|password|forget|reveal"
_ENCODED = re2.compile(
    rb"[A-Za-z0-9+/_-]{16}|<~|(?i:(?:%[0-9a-f]{2}.{0,24}){2}|&#x?[0-9a-f]{1,6};|\\[ux][0-9a-f]{2}"
    rb"|(?:[0-9a-f]{2}[ ,:]?){8})|(?:[01]{8} ?){3}"
    rb"|(?:[0-9]{2,3}[ ,]{1,2}){7}|(?:[.-]{1,6}[ /]{1,3}){6}|(?i:\b(?:"
    + codecs.encode("the|you|all|this|and|" + _TRIGGER_WORDS, "rot13").encode()
    + rb")\b|"
    + _TRIGGER_WORDS[::-1].encode()
    + b")"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,16384}(?:\r?\n[A-Za-z0-9+/_-]{4,76}){0,200}={0,2}"
)
_BASE32 = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{16,16384}={0,6}(?![A-Za-z0-9])")
_ASCII85 = re.compile(r"<~[!-uz\s]{8,16384}~>")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){8,4096}(?![0-9A-Za-z])")
_BINARY = re.compile(r"(?<![0-9])(?:[01]{8} ?){4,2048}(?![0-9])")
_CHARACTER_CODES = re.compile(r"(?<![0-9])(?:[0-9]{2,3}[ ,]{1,2}){7,4096}[0-9]{2,3}(?![0-9])")
_MORSE_RUN = re.compile(r"(?:[.-]{1,6}[ /]{1,3}){6,4096}[.-]{0,6}")
_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})")
_MORSE_CODES = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- "
    "-. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_MORSE_LETTERS = dict(zip(_MORSE_CODES.split(" "), "abcdefghijklmnopqrstuvwxyz", strict=True))
_SELECTOR_BYTES = {
    code: number for number, code in enumerate((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
}
"""The byte that each variation selector stands for where a message is hidden in them."""
_TAG_LETTERS = {chr(0xE0000 + code): chr(code) for code in range(0x20, 0x7F)}
"""The letter that each tag character stands for."""


def decode_hidden_texts(original: str, normalised: str) -> Iterator[str]:
    """Texts hidden in invisible characters of the original, or encoded in the normalised text.

    At most `MAX_DECODED_TEXTS`, with encodings inside encodings at most `MAX_NESTING` deep.
    """
    decoded = 0
    texts = [*_invisible_texts(original), *_encoded_texts(normalised)]
    for _ in range(MAX_NESTING):
        nested: list[str] = []
        for text in texts:
            if decoded == MAX_DECODED_TEXTS:
                return
            decoded += 1
            yield text
            nested += _encoded_texts(text[:MAX_RUN_CHARS])
        texts = nested


def _invisible_texts(original: str) -> list[str]:
    """Messages in tag characters, in variation selectors, and in text with a right-to-left override."""
    if original.isascii():
        return []
    tags = "".join(_TAG_LETTERS.get(character, "") for character in original)
    selectors = bytes(
        _SELECTOR_BYTES[ord(character)] for character in original if ord(character) in _SELECTOR_BYTES
    ).decode("utf-8", "ignore")
    reversed_parts = ["".join(reversed(part.partition("\u202c")[0])) for part in original.split("\u202e")[1:]]
    return [
        text[:MAX_RUN_CHARS]
        for text in (tags, selectors, *reversed_parts[:MAX_RUNS])
        if len(text) >= MIN_HIDDEN_CHARS and text.isprintable()
    ]


def _encoded_texts(text: str) -> list[str]:
    if _ENCODED.search(text.encode("utf-8", "replace")) is None:
        return []
    unescaped = (_without_percent(text), _without_entities(text), _without_escapes(text))
    texts = dict.fromkeys((*unescaped, *_transformed_texts(text), *_decoded_runs(text)))
    return [decoded for decoded in texts if decoded != text]


def _transformed_texts(text: str) -> Iterator[str]:
    """The text after ROT13 and reversed, where that gives more known words."""
    for transformed in (codecs.encode(text, "rot13"), text[::-1]):
        share = known_share(transformed)
        if share >= MIN_KNOWN_SHARE and share > known_share(text):
            yield transformed


def _decoded_runs(text: str) -> Iterator[str]:
    """The readable results of decoding each run; base64 inside another encoding counts as readable."""
    for pattern, decode in _RUN_DECODERS:
        for match in islice(pattern.finditer(text), MAX_RUNS):
            decoded = _decode_or_empty(decode, match.group()[:MAX_RUN_CHARS])
            if decoded and (is_readable(decoded) or _BASE64.fullmatch(decoded)):
                yield decoded


def _decode_or_empty(decode: Callable[[str], str], run: str) -> str:
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


def _from_character_codes(run: str) -> str:
    return bytes(int(code) for code in re.split(r"[ ,]+", run)).decode()


def _from_morse(run: str) -> str:
    return "".join(
        " " if sign == "/" else _MORSE_LETTERS.get(sign, "") for sign in re.findall(r"[.-]+|/", run)
    )


_RUN_DECODERS = (
    (_BASE64, _from_base64),
    (_BASE32, _from_base32),
    (_ASCII85, _from_ascii85),
    (_HEX, _from_hex),
    (_BINARY, _from_binary),
    (_CHARACTER_CODES, _from_character_codes),
    (_MORSE_RUN, _from_morse),
)


def _without_percent(text: str) -> str:
    return unquote(text, errors="ignore") if "%" in text else text


def _without_entities(text: str) -> str:
    return html.unescape(text) if "&#" in text else text


def _without_escapes(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _character(int(match.group(1) or match.group(2), 16)), text)


def _character(code: int) -> str:
    return chr(code) if code <= sys.maxunicode else ""
