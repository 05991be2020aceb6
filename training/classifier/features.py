"""Turns a text into the hashed features of the linear tier; the same module runs in training and in the guard."""

import itertools
import math
import re
import unicodedata
from collections import Counter
from zlib import crc32

BUCKETS = 2**18
SHORTEST, LONGEST = 3, 5  # letters of a piece; the mark at both ends of a word counts as one
WORD = re.compile(r"\w+")


def grams(text: str) -> list[str]:
    """Words, pairs of neighbouring words, and pieces of words with a mark at the word's ends, as often as they stand there.

    A word begins with a tab, a pair holds one between its words, so neither can be mistaken for a piece.
    """
    words = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    found = ["\t" + word for word in words]
    found += [f"{one}\t{other}" for one, other in itertools.pairwise(words)]
    for word in words:
        marked = f" {word} "
        size = len(marked)
        for length in range(SHORTEST, min(LONGEST, size) + 1):
            found += [marked[start : start + length] for start in range(size - length + 1)]
    return found


def buckets(text: str) -> dict[int, float]:
    """Bucket and value: log(1 + the number of grams in it), the whole scaled to length one; a text without words gives nothing."""
    counts = Counter(crc32(gram.encode("utf-8", "replace")) % BUCKETS for gram in grams(text))
    values = {bucket: math.log1p(count) for bucket, count in counts.items()}
    length = math.sqrt(math.fsum(value * value for value in values.values()))
    return {bucket: value / length for bucket, value in values.items()}
