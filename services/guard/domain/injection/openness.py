"""Tells a text that says what it says openly from one with a disguise, whose form tells nothing."""

from services.guard.domain.origins import strip_document_tags
from services.guard.domain.types import DetectorInput

MAX_CHARS = 100_000
"""Of a longer text with other readings the form is not looked at."""


def open_text(text: DetectorInput) -> str | None:
    """The normalised text; None where another reading of it says something else.

    Identifiers in separate words and the text without the tags of its documents say the same.
    """
    normalised = text.normalised.text
    if not text.deobfuscated:
        return normalised
    if len(normalised) > MAX_CHARS:
        return None
    letters = _letters(normalised)
    is_open = all(
        (_letters(variant) == letters and variant.count(" ") > normalised.count(" "))
        or variant == strip_document_tags(normalised)
        for variant in text.deobfuscated
    )
    return normalised if is_open else None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()
