"""Top-level domains: those that exist, and those that addresses of persons usually have."""

import re
from typing import Final

from services.guard.domain.text.word_lists import read_sections

_GENERIC_DOMAINS: Final = """
com org net edu gov mil int info biz name pro mobi app dev xyz online shop store site tech cloud email
mail web club blog news life live world group agency studio design digital systems software solutions
services company consulting media network support team work academy school health care clinic legal law
bank finance berlin hamburg koeln wien london paris amsterdam swiss museum coop aero travel jobs post
asia cat local example test invalid
"""
GENERIC = frozenset(_GENERIC_DOMAINS.split())
COUNTRY_LETTERS = 2
ENCODED = "xn--"
_SECTIONS = read_sections("top_level_domains.txt")
EXISTING = frozenset(
    label.removeprefix(ENCODED).encode().decode("punycode") if label.startswith(ENCODED) else label
    for label in _SECTIONS[""]
).union(_SECTIONS[""], _SECTIONS["reserved"])
LATIN_LETTERS = re.compile(r"[A-Za-z]{2,63}(?=[^\W\d_a-zA-Z])")
"""The Latin start of a label that goes on in another script, as where a text has no spaces."""
GLUED_WORD = re.compile(
    r"(?:com|org|net|edu|gov)(?=[A-Za-z])"
    r"|[a-z]{2}(?=(?:und|oder|and|or|et|ou|och|bitte|please|thanks|danke|merci)\Z)",
)
"""A frequent domain before a word that follows without a space."""


def has_usual_top_level(domain: str) -> bool:
    """Whether the last label is a country's or a frequent generic domain."""
    last = domain.rstrip(".").replace("=2E", ".").rpartition(".")[2].lower()
    return last in GENERIC or (len(last) == COUNTRY_LETTERS and last.isalpha())


def top_level_end(domain: str) -> int | None:
    """Where a domain ends that a text continues without a space; None if no label of it is a top-level one.

    The first label is never one: `anna@example.com.Please` ends behind `com`, `unit@1000.service` nowhere.
    """
    end = len(domain)
    while (start := domain.rfind(".", 0, end) + 1) > 0:
        label = domain[start:end]
        if is_top_level(label) and (end == len(domain) or has_usual_top_level(label)):
            return end
        part = LATIN_LETTERS.match(label) or GLUED_WORD.match(label)
        if part is not None and is_top_level(part.group()):
            return start + part.end()
        end = start - 1
    return None


def is_top_level(label: str) -> bool:
    """Whether the root zone has this label or it is reserved; not in mixed case, as random text has it."""
    return label.lower() in EXISTING and (label[1:] == label[1:].lower() or label == label.upper())
