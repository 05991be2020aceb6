"""Turns a text into the hashed features of the linear tier: the values of training/classifier/features.py, with memory for common words."""

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

BUCKETS = 2**18
SHORTEST, LONGEST = 3, 5  # letters of a piece; the mark at both ends of a word counts as one
WORD = re.compile(r"\w+")
REMEMBERED_WORDS, REMEMBERED_GRAMS = 8_192, 65_536
LONGEST_REMEMBERED = 24
LOGS = tuple(math.log1p(count) for count in range(64))


def grams(text: str) -> Counter[str]:
    """Words, pairs of neighbouring words, and pieces of words with a mark at the word's ends, each with its count.

    A word begins with a tab, a pair holds one between its words, so neither can be mistaken for a piece.
    """
    words = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    found = ["\t" + word for word in words]
    found += [f"{one}\t{other}" for one, other in pairwise(words)]
    for word in words:
        found += _known_pieces(word) if len(word) <= LONGEST_REMEMBERED else _pieces(word)
    return Counter(found)


def buckets(text: str) -> dict[int, float]:
    """Bucket and value: log(1 + count), two grams in one bucket added, the whole scaled to length one; a text without words gives nothing."""
    found: dict[int, float] = {}
    for gram, count in grams(text).items():
        bucket = _known_bucket(gram) if len(gram) <= LONGEST_REMEMBERED else _bucket(gram)
        found[bucket] = found.get(bucket, 0.0) + (LOGS[count] if count < len(LOGS) else math.log1p(count))
    length = math.sqrt(sum(value * value for value in found.values()))
    return {bucket: value / length for bucket, value in found.items()}


def _pieces(word: str) -> tuple[str, ...]:
    marked = f" {word} "
    size = len(marked)
    return tuple(marked[start : start + length] for length in range(SHORTEST, min(LONGEST, size) + 1) for start in range(size - length + 1))


def _bucket(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace")) % BUCKETS


_known_pieces = lru_cache(REMEMBERED_WORDS)(_pieces)
_known_bucket = lru_cache(REMEMBERED_GRAMS)(_bucket)
