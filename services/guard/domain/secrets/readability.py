"""How much a value resembles words and numbers, and how much a random string."""

import math
import re
from collections import Counter

READABLE = re.compile(r"(?:[A-Za-z]?[^\W\dA-Z_]{2,30}+|[A-Z]{2,30}+|\d{1,30}+|[-_.'/:+]){1,30}+")
"""Words and numbers one behind the other, as in names of products and weak passwords."""
CAMEL_CASE = re.compile(r"(?:[A-Z]{0,4}+[a-z]{2,30}+){1,8}+[A-Z]{0,3}")
SPECIAL = frozenset("!@#$%^&*+~?=€£§")
MIN_WORD_CHARS = 8


def is_unreadable(value: str) -> bool:
    """Whether letters and digits are mixed with cases or special characters as in no word."""
    has_mixture = has_both_cases(value) or has_special(value)
    return has_mixture and has_letters_and_digits(value) and not READABLE.fullmatch(value)


def is_unreadable_word(value: str) -> bool:
    """Whether upper and lower case alternate in a row of letters as in no word or name."""
    is_long = len(value) >= MIN_WORD_CHARS and value.isascii() and value.isalpha()
    is_word = READABLE.fullmatch(value) or CAMEL_CASE.fullmatch(value)
    return is_long and has_both_cases(value) and not is_word


def has_letters_and_digits(value: str) -> bool:
    """Whether it has at least one of each."""
    return any(character.isdigit() for character in value) and any(character.isalpha() for character in value)


def has_both_cases(value: str) -> bool:
    """Whether it has small and capital letters."""
    return any(character.islower() for character in value) and any(character.isupper() for character in value)


def has_special(value: str) -> bool:
    """Whether it holds a special character that passwords have and words, paths and numbers lack."""
    inner = value.rstrip("!?")
    return any(character in SPECIAL for character in inner) and any(map(str.isalnum, inner))


def entropy(value: str) -> float:
    """Shannon entropy, in bits per character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
