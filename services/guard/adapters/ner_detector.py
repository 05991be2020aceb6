"""The token classifier as a detector of names, addresses and numbers of persons."""

from collections.abc import Sequence
from typing import Protocol

from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.domain.detection import Detection
from services.guard.domain.pii.public_figures import with_public_figures
from services.guard.domain.pii.token_entities import LabelledToken, entities
from services.guard.domain.threads import TextThreads
from services.guard.domain.types import DetectorInput, ScreeningContext


class TokenClassifier(Protocol):
    """A token classifier."""

    async def label(self, texts: Sequence[str]) -> list[list[LabelledToken]]:
        """Labelled tokens of each text."""
        ...


class NerDetector:
    """Finds personal data that has no check digit."""

    def __init__(self, labels: TokenClassifier, version: str, threads: TextThreads | None = None) -> None:
        """Take the classifier, its version, and the threads for long texts; by default own ones."""
        self._labels = labels
        self.version = version
        self._threads: TextThreads = threads or RuleThreadPool()

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The spans in each text."""
        del context
        normalised_texts = [text.normalised.text for text in texts]
        labelled = await self._labels.label(normalised_texts)
        return await self._threads.run(
            sum(map(len, normalised_texts)),
            lambda: [_detections(*pair) for pair in zip(texts, labelled, strict=True)],
        )


def _detections(text: DetectorInput, tokens: Sequence[LabelledToken]) -> list[Detection]:
    """The entities of a text, with their spans in the original."""
    found = entities(text.normalised.text, tokens)
    if any(each.kind == "PERSON" for each in found):
        found = with_public_figures(text.normalised.text, found, text.rule_spans)
    return [each.at(*text.normalised.original_span(each.start, each.end)) for each in found]
