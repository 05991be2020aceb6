"""All detectors over all texts of one event, the policy's actions on what they find, and one verdict."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Protocol, TypeVar

from services.guard.domain.allow_list import without_allowed
from services.guard.domain.origins import strip_document_tags
from services.guard.domain.redaction import placeholder_spans, redact
from services.guard.domain.segments import (
    deduplicate_detections,
    redactions_of,
    scored_segments,
    top_level_segments,
)
from services.guard.domain.spans import subtract_ranges
from services.guard.domain.text.deobfuscation import deobfuscate
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import (
    DetectorInput,
    ScreeningContext,
    ScreeningResult,
    TextDetections,
    TextSegment,
)
from services.guard.domain.verdict import (
    DecidedDetection,
    decide_detections,
    is_blocked,
    most_expensive_tier,
    verdict_of,
)

DetectionsByText = Sequence[list[TextDetections]]
T = TypeVar("T")


class ScreeningThreads(Protocol):
    """Where work is done that takes time in proportion to a text."""

    def room_for(self, chars: int) -> AbstractAsyncContextManager[None]:
        """Wait until a text of so many characters may be screened."""
        ...

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work of a text of so many characters."""
        ...


class InlineThreads:
    """Does all work at once: for those who have no event loop to keep going."""

    @asynccontextmanager
    async def room_for(self, chars: int) -> AsyncGenerator[None]:
        """There is always room."""
        del chars
        yield

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """What the work gives."""
        del chars
        return work()


class SyncDetector(Protocol):
    """A detector that answers at once."""

    def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> Sequence[TextDetections]:
        """What it finds in each text."""
        ...


class ModelDetector(Protocol):
    """A detector that takes its time; `version` names it on the verdict."""

    @property
    def version(self) -> str:
        """Its name and version, as `name@version`."""
        ...

    async def detect(
        self, texts: Sequence[DetectorInput], case: ScreeningContext
    ) -> Sequence[TextDetections]:
        """What it finds in each text."""
        ...


class AsyncDetector(Protocol):
    """Checks that take their time and are no model of the guard."""

    async def detect(
        self, texts: Sequence[DetectorInput], case: ScreeningContext
    ) -> Sequence[TextDetections]:
        """What they find in each text."""
        ...


class PostDetector(Protocol):
    """A detector that judges by what the others found."""

    def detect(
        self, texts: Sequence[DetectorInput], readings: Sequence[TextDetections], case: ScreeningContext
    ) -> Sequence[TextDetections]:
        """What it adds to each text's reading."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class DetectorSet:
    """Who is asked, in order of price.

    `privacy` is asked always, since a blocked text is stored too; `models` and `validators` only where the rules have not blocked already.
    `after` is asked last, with what all others found.
    """

    rules: Sequence[SyncDetector]
    privacy: Sequence[ModelDetector]
    models: Sequence[ModelDetector] = ()
    validators: Sequence[AsyncDetector] = ()
    post_detectors: Sequence[PostDetector] = ()
    pending_attack_chars: Callable[[], int] = lambda: 0
    """Characters that the rules have to read before the next text, since they have heard of known attacks."""


@dataclasses.dataclass(frozen=True, slots=True)
class _RuleStage:
    """The texts of one event after the rules."""

    texts: Sequence[DetectorInput]
    readings: DetectionsByText
    is_blocked: bool


class Screener:
    """Every score stays on the verdict, whatever the policy does with it; a shadow rule scores and does nothing."""

    def __init__(self, detectors: DetectorSet, threads: ScreeningThreads | None = None) -> None:
        """Take the detectors in order of price, and where the work of long texts is done: without, at once."""
        self._detectors = detectors
        self._threads: ScreeningThreads = threads or InlineThreads()

    async def run_off_loop(self, chars: int, work: Callable[[], T]) -> T:
        """Do other work on a text of so many characters where its rules are run."""
        return await self._threads.run(chars, work)

    async def screen(self, subjects: Sequence[TextSegment], case: ScreeningContext) -> ScreeningResult:
        """Screen all texts of one event together."""
        started, chars = (
            time.perf_counter(),
            chars_of(subjects, case) + self._detectors.pending_attack_chars(),
        )
        async with self._threads.room_for(chars):
            begun = await self._threads.run(chars, lambda: self._run_rules(subjects, case))
            asked = await self._run_models(begun, case)
            return await self._threads.run(
                chars,
                lambda: self._decide_and_redact(begun, case, [model.version for model in asked], started),
            )

    def _run_rules(self, subjects: Sequence[TextSegment], case: ScreeningContext) -> _RuleStage:
        """Make the texts plain and read them by the rules."""
        texts = [_detector_input(subject) for subject in subjects]
        readings: list[list[TextDetections]] = [[] for _ in texts]
        for rules in self._detectors.rules:
            _add(readings, rules.detect(texts, case))
        texts = [_with_spans(text, found) for text, found in zip(texts, readings, strict=True)]
        found = _merged(texts, readings, case)
        return _RuleStage(
            texts,
            readings,
            any(
                is_blocked(decide_detections(text, reading, case))
                for text, reading in zip(texts, found, strict=True)
            ),
        )

    def _decide_and_redact(
        self, begun: _RuleStage, case: ScreeningContext, models: Sequence[str], started: float
    ) -> ScreeningResult:
        """Judge all that was found, and replace it."""
        texts, readings = begun.texts, begun.readings
        merged = _merged(texts, readings, case)
        added = [after.detect(texts, merged, case) for after in self._detectors.post_detectors]
        if any(reading.spans or reading.signals for found in added for reading in found):
            for found in added:
                _add(readings, found)
            merged = _merged(texts, readings, case)
        judged = [decide_detections(text, reading, case) for text, reading in zip(texts, merged, strict=True)]
        clean, pseudonyms = _redacted(texts, judged, case)
        tier = most_expensive_tier(signal.tier for reading in merged for signal in reading.signals)
        took_ms = Decimal(str(round((time.perf_counter() - started) * 1000, 3)))
        verdict = verdict_of([one for ones in judged for one in ones], case, tier, tuple(models), took_ms)
        return ScreeningResult(clean, verdict, pseudonyms, tuple(merged))

    async def _run_models(self, begun: _RuleStage, case: ScreeningContext) -> list[ModelDetector]:
        """Add what is found by all that take their time, and say which models were asked."""
        texts, readings = begun.texts, begun.readings
        models, others = self._detectors.models, self._detectors.validators
        if begun.is_blocked and not case.runs_all_detectors:
            models, others = (), ()
        whole, meaning = top_level_segments(texts), scored_segments(texts)
        asked = [(model, whole) for model in self._detectors.privacy] + [
            (one, meaning) for one in (*models, *others)
        ]
        for (_, places), results in zip(asked, await _run_side_by_side(asked, texts, case), strict=True):
            for place, reading in zip(places, results, strict=True):
                readings[place].append(reading)
        return [*self._detectors.privacy, *models]


def chars_of(subjects: Sequence[TextSegment], case: ScreeningContext) -> int:
    """How much there is to read: the texts with their parts, and for an answer what it is compared with."""
    compared = sum(len(message.content) for message in case.prompt) + sum(map(len, case.pseudonyms.values()))
    return sum(len(subject.text) for subject in subjects) + compared


async def _run_side_by_side(
    asked: Sequence[tuple[AsyncDetector, Sequence[int]]],
    texts: Sequence[DetectorInput],
    case: ScreeningContext,
) -> list[Sequence[TextDetections]]:
    """What each says of its texts, in the order they are given; they run side by side. The first error ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_reading(model, [texts[place] for place in places], case))
                for model, places in asked
            ]
    except BaseExceptionGroup as errors:
        # The stream tells a bad event from a broken service by the error itself.
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def _reading(
    model: AsyncDetector, texts: Sequence[DetectorInput], case: ScreeningContext
) -> Sequence[TextDetections]:
    return await model.detect(texts, case) if texts else ()


def _detector_input(subject: TextSegment) -> DetectorInput:
    normal = normalise(subject.text)
    found, without = deobfuscate(subject.text, normal.text), strip_document_tags(normal.text)
    return DetectorInput(subject, normal, found if without == normal.text else (without, *found))


def _with_spans(text: DetectorInput, readings: Sequence[TextDetections]) -> DetectorInput:
    return dataclasses.replace(text, spans=tuple(span for reading in readings for span in reading.spans))


def _add(readings: DetectionsByText, found: Sequence[TextDetections]) -> None:
    for known, reading in zip(readings, found, strict=True):
        known.append(reading)


def _merged(
    texts: Sequence[DetectorInput], readings: DetectionsByText, case: ScreeningContext
) -> list[TextDetections]:
    """All readings of each text as one; a placeholder that the guard itself put there is no finding."""
    return deduplicate_detections(
        texts, [_without_placeholders(text, found, case) for text, found in zip(texts, readings, strict=True)]
    )


def _without_placeholders(
    text: DetectorInput, readings: Sequence[TextDetections], case: ScreeningContext
) -> TextDetections:
    """A placeholder that the guard itself put there is no finding, nor is what the policy allows."""
    spans = without_allowed(
        case.policy, text.subject.text, [span for reading in readings for span in reading.spans]
    )
    kept = subtract_ranges(text.subject.text, spans, placeholder_spans(text.subject.text, case.pseudonyms))
    return TextDetections(tuple(kept), tuple(signal for reading in readings for signal in reading.signals))


def _redacted(
    texts: Sequence[DetectorInput], judged: Sequence[Sequence[DecidedDetection]], case: ScreeningContext
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The whole texts as they may go on; where a signal of the whole text is masked, nothing of the text does."""
    changes = redactions_of(texts, judged)
    clean, pseudonyms = redact(
        [change.text for change in changes], [change.places for change in changes], case.pseudonyms
    )
    return tuple(change.finished(text) for change, text in zip(changes, clean, strict=True)), pseudonyms
