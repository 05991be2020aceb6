"""Puts clear values back where the guard left placeholders: for the caller alone, and nowhere else."""

import re
from collections.abc import Mapping


def restore(text: str, pseudonyms: Mapping[str, str]) -> str:
    """Replace every placeholder in one pass, the longest first, so that a clear value that looks like a placeholder stays as it is."""
    names = sorted((name for name in pseudonyms if name), key=len, reverse=True)
    if not names:
        return text
    places = re.compile("|".join(re.escape(name) for name in names))
    return places.sub(lambda place: pseudonyms[place.group()], text)
