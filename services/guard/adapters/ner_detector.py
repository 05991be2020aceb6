"""The token classifier as a detector: names, addresses and numbers of persons, in places of the original text."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from services.guard.adapters.rule_threads import RuleThreads
from services.guard.domain.pii.public_figures import with_public_figures
from services.guard.domain.pii.token_entities import Token, entities
from services.guard.domain.types import Case, Reading, SeenText

T = TypeVar("T")


class Threads(Protocol):
    """Where work is done that takes time in proportion to a text."""

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work of a text of so many characters."""
        ...


class Labels(Protocol):
    """A token classifier."""

    async def label(self, texts: Sequence[str]) -> list[list[Token]]:
        """Labelled tokens of each text."""
        ...


class NerDetector:
    """Finds personal data that has no check digit."""

    def __init__(self, labels: Labels, version: str, threads: Threads | None = None) -> None:
        """Take the classifier, its name and version, and where long texts are read: without, in threads of their own."""
        self._labels = labels
        self.version = version
        self._threads: Threads = threads or RuleThreads()

    async def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """Places in each text."""
        del case
        seen = [text.plain.text for text in texts]
        labelled = await self._labels.label(seen)
        return await self._threads.run(sum(map(len, seen)), lambda: [_reading(*one) for one in zip(texts, labelled, strict=True)])


def _reading(text: SeenText, tokens: Sequence[Token]) -> Reading:
    named = entities(text.plain.text, tokens)
    if any(span.kind == "PERSON" for span in named):
        named = with_public_figures(text.plain.text, named, text.spans)
    found = [(span, text.plain.back(span.start, span.end)) for span in named]
    return Reading(spans=tuple(dataclasses.replace(span, start=start, end=end) for span, (start, end) in found))
