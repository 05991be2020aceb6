"""The hashed features of the linear tier: equal to training/classifier/features.py, with caches for words."""

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
"""Grams; no other thread runs while they are counted."""


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """A vector of length one: the buckets that are not zero, each once, and their values."""

    buckets: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def features(text: str) -> FeatureVector:
    """Buckets with log(1 + their number of grams), scaled to length one; none for a text without words.

    Grams are words, pairs of neighbouring words, and pieces of words with a space at the word's ends. A word
    begins with a tab and a pair holds one between its words, so that neither equals a piece.
    """
    words = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    buckets = list(starmap(_pair_of, pairwise(words)))
    for word in words:
        buckets += _cached_word(word) if len(word) <= MAX_CACHED_CHARS else _word_buckets(word)
    counts = Counter[int]()
    for start in range(0, len(buckets), COUNTED_AT_ONCE):
        counts.update(buckets[start : start + COUNTED_AT_ONCE])
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


def _pair_of(first: str, second: str) -> int:
    return (
        _cached_pair(first, second)
        if len(first) + len(second) <= MAX_CACHED_CHARS
        else _pair_bucket(first, second)
    )


def _pair_bucket(first: str, second: str) -> int:
    return _bucket(f"{first}\t{second}")


def _bucket(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace")) % BUCKETS


_cached_word = lru_cache(MAX_CACHED_WORDS)(_word_buckets)
_cached_pair = lru_cache(MAX_CACHED_PAIRS)(_pair_bucket)
