"""Replaces the guard's placeholders by their original values, in the text for the caller."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"<[^<>]{1,200}>")


def restore(text: str, pseudonyms: Mapping[str, str]) -> str:
    """Replace all placeholders in one pass, so that a value that looks like a placeholder is not replaced."""
    names = sorted((name for name in pseudonyms if name), key=len, reverse=True)
    if not names:
        return text
    # One pattern for the guard's form of placeholder: one of thousands of names would be slow at each `<`.
    have_usual_form = all(PLACEHOLDER.fullmatch(name) for name in names)
    pattern = PLACEHOLDER if have_usual_form else re.compile("|".join(re.escape(name) for name in names))
    return pattern.sub(lambda match: pseudonyms.get(match.group(), match.group()), text)
