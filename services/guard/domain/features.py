"""Turns a text into the hashed features of the linear tier: the values of training/classifier/features.py, with memory for common words."""

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise, starmap
from operator import mul
from zlib import crc32

BUCKETS = 2**18
SHORTEST, LONGEST = 3, 5  # letters of a piece; the mark at both ends of a word counts as one
WORD = re.compile(r"\w+")
REMEMBERED_WORDS, REMEMBERED_PAIRS = 8_192, 32_768
LONGEST_REMEMBERED = 24
LOGS = tuple(math.log1p(count) for count in range(64))


def buckets(text: str) -> dict[int, float]:
    """Bucket and value: log(1 + the number of grams in it), the whole scaled to length one; a text without words gives nothing.

    Grams are words, pairs of neighbouring words, and pieces of words with a mark at the word's ends. A word begins with a tab, a pair
    holds one between its words, so neither can be mistaken for a piece.
    """
    words = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    found = list(starmap(_pair_of, pairwise(words)))
    for word in words:
        found += _known_word(word) if len(word) <= LONGEST_REMEMBERED else _word(word)
    counts = Counter(found)
    values = [LOGS[count] if count < len(LOGS) else math.log1p(count) for count in counts.values()]
    length = math.sqrt(math.fsum(map(mul, values, values)))
    return dict(zip(counts, [value / length for value in values], strict=True))


def _word(word: str) -> tuple[int, ...]:
    """The buckets of a word and of its pieces."""
    marked = f" {word} "
    size = len(marked)
    pieces = [marked[start : start + length] for length in range(SHORTEST, min(LONGEST, size) + 1) for start in range(size - length + 1)]
    return tuple(map(_bucket, ("\t" + word, *pieces)))


def _pair_of(one: str, other: str) -> int:
    return _known_pair(one, other) if len(one) + len(other) <= LONGEST_REMEMBERED else _pair(one, other)


def _pair(one: str, other: str) -> int:
    return _bucket(f"{one}\t{other}")


def _bucket(gram: str) -> int:
    return crc32(gram.encode("utf-8", "replace")) % BUCKETS


_known_word = lru_cache(REMEMBERED_WORDS)(_word)
_known_pair = lru_cache(REMEMBERED_PAIRS)(_pair)
