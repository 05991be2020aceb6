"""Turns a text into the hashed features of the linear tier: the values of training/classifier/features.py, with memory for common words."""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, starmap
from zlib import crc32

import numpy as np
import numpy.typing as npt

BUCKETS = 2**18
MIN_PIECE_CHARS, MAX_PIECE_CHARS = 3, 5  # letters of a piece; the mark at both ends of a word counts as one
WORD = re.compile(r"\w+")
MAX_CACHED_WORDS, MAX_CACHED_PAIRS = 8_192, 32_768
MAX_CACHED_CHARS = 24
COUNTED_AT_ONCE = 32_768
"""Grams; no other thread runs while some are counted."""


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """A vector of length one: the buckets that are not zero, each once, and their values."""

    buckets: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def features(text: str) -> FeatureVector:
    """Buckets with log(1 + the number of grams in each), the whole scaled to length one; a text without words gives none.

    Grams are words, pairs of neighbouring words, and pieces of words with a mark at the word's ends. A word begins with a tab, a pair
    holds one between its words, so neither can be mistaken for a piece.
    """
    words = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    found = list(starmap(_pair_of, pairwise(words)))
    for word in words:
        found += _cached_word(word) if len(word) <= MAX_CACHED_CHARS else _word_buckets(word)
    counts = Counter[int]()
    for start in range(0, len(found), COUNTED_AT_ONCE):
        counts.update(found[start : start + COUNTED_AT_ONCE])
    values = np.log1p(np.fromiter(counts.values(), np.float64, len(counts)))
    length = math.sqrt((values * values).sum())
    return FeatureVector(np.fromiter(counts, np.int64, len(counts)), values / length if length else values)


def _word_buckets(word: str) -> tuple[int, ...]:
    """The buckets of a word and of its pieces."""
    marked = f" {word} "
    size = len(marked)
    pieces = [
        marked[start : start + length]
        for length in range(MIN_PIECE_CHARS, min(MAX_PIECE_CHARS, size) + 1)
        for start in range(size - length + 1)
    ]
    return tuple(map(_bucket, ("\t" + word, *pieces)))


def _pair_of(one: str, other: str) -> int:
    return _cached_pair(one, other) if len(one) + len(other) <= MAX_CACHED_CHARS else _pair_bucket(one, other)


def _pair_bucket(one: str, other: str) -> int:
    return _bucket(f"{one}\t{other}")


def _bucket(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace")) % BUCKETS


_cached_word = lru_cache(MAX_CACHED_WORDS)(_word_buckets)
_cached_pair = lru_cache(MAX_CACHED_PAIRS)(_pair_bucket)
