"""The token classifier as a detector: names, addresses and numbers of persons, in places of the original text."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from services.guard.domain.entities import Token, entities
from services.guard.domain.public_figures import with_public_figures
from services.guard.domain.screened import Case, Reading, SeenText


class Labels(Protocol):
    """A token classifier."""

    async def label(self, texts: Sequence[str]) -> list[list[Token]]:
        """Labelled tokens of each text."""
        ...


class NerDetector:
    """Finds personal data that has no check digit."""

    def __init__(self, labels: Labels, version: str) -> None:
        """Take the classifier and its name and version."""
        self._labels = labels
        self.version = version

    async def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """Places in each text."""
        del case
        labelled = await self._labels.label([text.plain.text for text in texts])
        return [_reading(text, tokens) for text, tokens in zip(texts, labelled, strict=True)]


def _reading(text: SeenText, tokens: Sequence[Token]) -> Reading:
    named = entities(text.plain.text, tokens)
    if any(span.kind == "PERSON" for span in named):
        named = with_public_figures(text.plain.text, named, text.spans)
    found = [(span, text.plain.back(span.start, span.end)) for span in named]
    return Reading(spans=tuple(dataclasses.replace(span, start=start, end=end) for span, (start, end) in found))
