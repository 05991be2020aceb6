"""Puts clear values back where the guard left placeholders: for the caller alone, and nowhere else."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"<[^<>]{1,200}>")


def restore(text: str, pseudonyms: Mapping[str, str]) -> str:
    """Replace every placeholder in one pass, the longest first, so that a clear value that looks like a placeholder stays as it is."""
    names = sorted((name for name in pseudonyms if name), key=len, reverse=True)
    if not names:
        return text
    # One shape for all of the guard's: a pattern of thousands of names would be tried at each `<`, name by name.
    is_usual = all(PLACEHOLDER.fullmatch(name) for name in names)
    places = PLACEHOLDER if is_usual else re.compile("|".join(re.escape(name) for name in names))
    return places.sub(lambda place: pseudonyms.get(place.group(), place.group()), text)
