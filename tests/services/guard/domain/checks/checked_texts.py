"""Texts as checks get them, without a screener around them."""

from collections.abc import Sequence

from schemas.values import Message
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.types import CheckedText
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment

LANGUAGE_OF = LazyLanguageIdentifier()


def checked(text: str, *, prompt: Sequence[Message] = (), message: str | None = None) -> CheckedText:
    """An answer; `message` is the whole message where the text is a part of one."""
    seen = DetectorInput(TextSegment(text, "output"), normalise(text))
    context = ScreeningContext("output", prompt=prompt)
    return CheckedText(seen, context, LANGUAGE_OF, text if message is None else message)
