"""The token classifier as a detector of names, addresses and numbers of persons."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.domain.detection import Detection
from services.guard.domain.pii.decoded_text import DecodedText, DecodedWindow
from services.guard.domain.pii.public_figures import with_public_figures
from services.guard.domain.pii.token_entities import LabelledToken, entities
from services.guard.domain.spans import united
from services.guard.domain.text.types import CharSpan
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
        readings = [_Reading.of(text) for text in texts]
        windows = [window.text for reading in readings for window in reading.windows]
        of_texts, of_windows = await self._labelled([reading.text for reading in readings], windows)
        return await self._threads.run(
            sum(len(reading.text) for reading in readings) + sum(map(len, windows)),
            lambda: _all_detections(readings, of_texts, of_windows),
        )

    async def _labelled(
        self, texts: Sequence[str], windows: Sequence[str]
    ) -> tuple[list[list[LabelledToken]], list[list[LabelledToken]]]:
        """The labels of the texts and of the windows; most texts have none."""
        if not windows:
            return await self._labels.label(texts), []
        # Two calls: windows that repeat parts of a text do not count in the limit of a request's windows.
        return await asyncio.gather(self._labels.label(texts), self._labels.label(windows))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the classifier reads of a text: as written, with decoded windows, or the decoded text alone."""

    input: DetectorInput
    windows: Sequence[DecodedWindow]
    decoded: DecodedText | None = None

    @classmethod
    def of(cls, text: DetectorInput) -> "_Reading":
        """The reading of a text; where windows would repeat most of it, the decoded text instead."""
        windows = text.decoded.name_windows() if text.decoded else []
        if 2 * sum(len(window.text) for window in windows) > len(text.normalised.text):
            return cls(text, (), text.decoded)
        return cls(text, windows)

    @property
    def text(self) -> str:
        """The whole text that is read."""
        return self.decoded.text if self.decoded else self.input.normalised.text

    def original_span(self, start: int, end: int) -> CharSpan:
        """The span of the original for one of the text that is read."""
        source = self.decoded.mapped if self.decoded else self.input.normalised
        return source.original_span(start, end)


def _all_detections(
    readings: Sequence[_Reading],
    of_texts: Sequence[Sequence[LabelledToken]],
    of_windows: Sequence[Sequence[LabelledToken]],
) -> list[Sequence[Detection]]:
    """The detections in each text and in its decoded windows, whose labels follow each other."""
    labels_of_windows = iter(of_windows)
    return [
        united(
            _detections(reading, tokens),
            [
                each
                for window in reading.windows
                for each in _decoded_detections(reading.input, window, next(labels_of_windows))
            ],
        )
        for reading, tokens in zip(readings, of_texts, strict=True)
    ]


def _detections(reading: _Reading, tokens: Sequence[LabelledToken]) -> list[Detection]:
    """The entities of a text, with their spans in the original."""
    found = _entities(reading.text, tokens, reading.input)
    return [each.at(*reading.original_span(each.start, each.end)) for each in found]


def _decoded_detections(
    text: DetectorInput, window: DecodedWindow, tokens: Sequence[LabelledToken]
) -> Iterator[Detection]:
    """The entities of a decoded window that were encoded in the original, with their spans in it."""
    for each in _entities(window.text, tokens, text):
        span = window.original_span(each.start, each.end)
        if span is not None:
            yield each.at(*span)


def _entities(written: str, tokens: Sequence[LabelledToken], text: DetectorInput) -> Sequence[Detection]:
    found = entities(written, tokens)
    if any(each.kind == "PERSON" for each in found):
        return with_public_figures(written, found, text.rule_spans)
    return found
