"""The token classifier as a detector: names, addresses and numbers of persons, in places of the original text."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.domain.pii.public_figures import with_public_figures
from services.guard.domain.pii.token_entities import LabelledToken, entities
from services.guard.domain.types import DetectorInput, ScreeningContext, TextDetections

T = TypeVar("T")


class NerThreads(Protocol):
    """Where work is done that takes time in proportion to a text."""

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work of a text of so many characters."""
        ...


class TokenClassifier(Protocol):
    """A token classifier."""

    async def label(self, texts: Sequence[str]) -> list[list[LabelledToken]]:
        """Labelled tokens of each text."""
        ...


class NerDetector:
    """Finds personal data that has no check digit."""

    def __init__(self, labels: TokenClassifier, version: str, threads: NerThreads | None = None) -> None:
        """Take the classifier, its name and version, and where long texts are read: without, in threads of their own."""
        self._labels = labels
        self.version = version
        self._threads: NerThreads = threads or RuleThreadPool()

    async def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> list[TextDetections]:
        """Places in each text."""
        del case
        seen = [text.normalised.text for text in texts]
        labelled = await self._labels.label(seen)
        return await self._threads.run(
            sum(map(len, seen)), lambda: [_reading(*one) for one in zip(texts, labelled, strict=True)]
        )


def _reading(text: DetectorInput, tokens: Sequence[LabelledToken]) -> TextDetections:
    named = entities(text.normalised.text, tokens)
    if any(span.kind == "PERSON" for span in named):
        named = with_public_figures(text.normalised.text, named, text.spans)
    found = [(span, text.normalised.original_span(span.start, span.end)) for span in named]
    return TextDetections(
        spans=tuple(dataclasses.replace(span, start=start, end=end) for span, (start, end) in found)
    )
