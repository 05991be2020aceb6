"""How like a name an unlisted word is written, by the letter groups in it."""

from collections.abc import Iterator
from functools import lru_cache

from services.guard.domain.pii.name_lists import written_in_lists
from services.guard.domain.text.word_lists import read_word_list

SCALE = 10
"""Of the whole numbers in the file of weights."""
MANIFEST_NAME = 1.5
"""The likeness of a word that is hardly anything but a name."""
LIKELY_NAME = 0.3
"""Of a word that is rather a name."""
IMPROBABLE_NAME = -1.5
"""A word with less is hardly a name."""
GROUP_SIZES = range(2, 6)
MAX_WORD_CHARS = 24


def letter_groups(word: str) -> Iterator[str]:
    """Each group of 2 to 5 neighbouring letters of a word in lower case, with marks for its ends."""
    marked = f"^{word}$"
    for size in GROUP_SIZES:
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def name_likeness(word: str) -> float:
    """The logarithm of the odds that a word is a name, by its letters alone; 0 is even."""
    return _likeness(written_in_lists(word[:MAX_WORD_CHARS]))


@lru_cache(maxsize=1024)
def _likeness(written: str) -> float:
    return (_BIAS + sum(_WEIGHTS.get(group, 0) for group in letter_groups(written))) / SCALE


def _read() -> dict[str, int]:
    rows = (line.split(" ") for line in read_word_list("name_likeness.txt"))
    return {group: int(weight) for group, weight in rows}


_WEIGHTS = _read()
_BIAS = _WEIGHTS["bias"]
