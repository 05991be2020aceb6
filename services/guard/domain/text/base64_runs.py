"""Finds runs of base64 that hold readable text."""

import base64
import binascii
import re
from collections.abc import Iterator

from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import Replacement

MAX_RUN_CHARS = 131_072
MIN_TEXT_CHARS = 8
MAX_SEGMENTS = 8
BASE64_SIGNS = rb"[A-Za-z0-9+/_-]{16}"
_RUN = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,131072}+"
    r"(?:(?:\r?\n|\\r\\n|\\n)[A-Za-z0-9+/_-]{4,76}(?![A-Za-z0-9+/_-])){0,2048}+(?:={1,2}|(?:%3[dD]){1,2})?"
)
_SEGMENT = re.compile(r"[A-Za-z0-9+_-]{16,131072}+(?:={1,2}|(?:%3[dD]){1,2})?")
_LINE_BREAK = re.compile(r"\\r|\\n|\s")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
MIN_LETTER_SHARE = 0.5


def base64_runs(text: str) -> Iterator[Replacement]:
    """Each run with the text that it stands for; a path may have one between its slashes."""
    for match in _RUN.finditer(text):
        decoded = _decoded(match.group())
        if decoded is not None:
            yield Replacement(*match.span(), decoded)
            continue
        if "/" not in match.group():
            continue
        for number, segment in enumerate(_SEGMENT.finditer(text, *match.span())):
            decoded = _decoded(segment.group()) if number < MAX_SEGMENTS else None
            if decoded is not None:
                yield Replacement(*segment.span(), decoded)


def _decoded(run: str) -> str | None:
    """The readable text that a run stands for; None where there is none, as for names, hashes and images."""
    compact = _LINE_BREAK.sub("", run).partition("%")[0].rstrip("=").replace("-", "+").replace("_", "/")
    usable = compact[: len(compact) - (len(compact) % 4 == 1)]
    try:
        decoded = base64.b64decode(usable + "=" * (-len(usable) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    return normalise(decoded).text if _is_text(decoded) else None


def _is_text(decoded: str) -> bool:
    """Whether all characters are printable and half of them letters or digits."""
    if len(decoded) < MIN_TEXT_CHARS or not " ".join(decoded.split()).isprintable():
        return False
    return len(_LETTER_OR_DIGIT.findall(decoded)) >= MIN_LETTER_SHARE * len(decoded)
