"""Keys of services that begin with letters of their own; the shapes are data, in part from gitleaks."""

import re
from collections.abc import Iterator, Mapping, Sequence

import re2

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.values import READABLE, entropy, is_key_tail
from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.word_lists import read_sections

_BOUNDARY_BEFORE = re.compile(r"(?<![A-Za-z0-9_-])")
_BOUNDARY_AFTER = r"(?![A-Za-z0-9_-])"
MIN_ENTROPY_BITS = 3.0
"""Per character, so that rows of one letter and sequences are no keys."""


def _read_shapes() -> Mapping[str, Sequence[re.Pattern[str]]]:
    shapes: dict[str, list[re.Pattern[str]]] = {}
    for lines in read_sections("key_shapes.txt").values():
        for line in lines:
            begin, _, pattern = line.partition(" ")
            shapes.setdefault(begin, []).append(re.compile(f"(?:{pattern}){_BOUNDARY_AFTER}", re.ASCII))
    return shapes


SHAPES = _read_shapes()
BEGIN = re2.compile("|".join(re2.escape(begin) for begin in sorted(SHAPES, key=len, reverse=True)))


def service_keys(text: str) -> Iterator[CharSpan]:
    """Keys with the shape of a service's keys, where they are no part of a longer word."""
    for begin in BEGIN.finditer(without_surrogates(text)):
        if _BOUNDARY_BEFORE.match(text, begin.start()) is None:
            continue
        for pattern in SHAPES[text[begin.start() : begin.end()]]:
            match = pattern.match(text, begin.start())
            if match is not None and _is_key(match.group()):
                yield match.span()
                break


def _is_key(value: str) -> bool:
    """Whether it is neither a row of one letter or a sequence, nor a name of words and numbers."""
    return entropy(value) >= MIN_ENTROPY_BITS and (not READABLE.fullmatch(value) or is_key_tail(value))


RECOGNISERS = (Recogniser("SECRET", service_keys, rank=13),)
