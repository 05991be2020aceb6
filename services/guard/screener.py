"""Runs the detectors on the texts of one event, decides their detections and redacts the texts."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

from schemas.detections import PLACEHOLDER_IN_URL
from services.guard.domain.allow_list import without_allowed
from services.guard.domain.detection import Detection
from services.guard.domain.detectors import AsyncDetector, Detector, ModelDetector, PostDetector
from services.guard.domain.injection.detector import phrase_window
from services.guard.domain.injection.fusion import InjectionFusion, has_phrases, without_phrases
from services.guard.domain.injection.openness import open_text
from services.guard.domain.origins import strip_document_tags
from services.guard.domain.pii.decoded_text import decode_in_place
from services.guard.domain.redaction import placeholder_spans, redact
from services.guard.domain.segments import (
    deduplicate_detections,
    redactions_of,
    scored_segments,
    split_attacks,
    top_level_segments,
)
from services.guard.domain.spans import of_whole_text, subtract_ranges, with_span
from services.guard.domain.text.deobfuscation import deobfuscate
from services.guard.domain.text.normalization import normalise
from services.guard.domain.threads import InlineThreads, TextThreads
from services.guard.domain.types import DetectorInput, ScreeningContext, ScreeningResult, TextSegment
from services.guard.domain.verdict import (
    DecidedDetection,
    decide_detections,
    is_blocked,
    most_expensive_tier,
    verdict_of,
)

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class DetectorSet:
    """The detectors in the order of their cost.

    `privacy` always runs, since the text of a blocked event is stored too; `models` and `validators` run only
    where the rules do not block already. `post_detectors` run last, with the detections of all others.
    """

    rules: Sequence[Detector]
    privacy: Sequence[ModelDetector]
    models: Sequence[ModelDetector] = ()
    validators: Sequence[AsyncDetector] = ()
    post_detectors: Sequence[PostDetector] = ()
    pending_attack_chars: Callable[[], int] = lambda: 0
    """Characters of new known attacks that the rules index with the next text."""
    fusion: InjectionFusion | None = None
    """Fuses the layers of injection detection; without it (no classifier is loaded) phrases decide alone."""


@dataclasses.dataclass(frozen=True, slots=True)
class _ScreenedTexts:
    """The texts of one event with their detections so far, and whether the rules block the event."""

    texts: Sequence[DetectorInput]
    detections: Sequence[list[Detection]]
    is_blocked: bool


class Screener:
    """Screens all texts of an event; every score is in the verdict, also those of shadow rules."""

    def __init__(self, detectors: DetectorSet, threads: TextThreads | None = None) -> None:
        """Take the detectors, and the threads for long texts; by default the calling one."""
        self._detectors = detectors
        self._threads: TextThreads = threads or InlineThreads()

    async def run_off_loop(self, chars: int, work: Callable[[], T]) -> T:
        """Run other CPU work on a text of `chars` characters in the screener's threads."""
        return await self._threads.run(chars, work)

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        """Screen all texts of one event together."""
        started = time.perf_counter()
        chars = chars_of(segments, context) + self._detectors.pending_attack_chars()
        async with self._threads.room_for(chars):
            screened = await self._threads.run(chars, lambda: self._run_rules(segments, context))
            models = await self._run_models(screened, context)
            versions = tuple(model.version for model in models)
            return await self._threads.run(
                chars, lambda: self._decide_and_redact(screened, context, versions, started)
            )

    def _run_rules(self, segments: Sequence[TextSegment], context: ScreeningContext) -> _ScreenedTexts:
        """Normalise the texts and run the rules on them."""
        texts = [_detector_input(segment) for segment in segments]
        detections: list[list[Detection]] = [[] for _ in texts]
        for detector in self._detectors.rules:
            _add(detections, detector.detect(texts, context))
        texts = [_with_rules(text, of_text) for text, of_text in zip(texts, detections, strict=True)]
        # With a classifier phrases do not decide, so they do not spare it either.
        certain = (
            [without_phrases(of_text) for of_text in detections] if self._detectors.fusion else detections
        )
        return _ScreenedTexts(
            texts,
            detections,
            any(
                is_blocked(decide_detections(text, of_text, context))
                for text, of_text in zip(texts, _effective(texts, certain, context), strict=True)
            ),
        )

    async def _run_models(self, screened: _ScreenedTexts, context: ScreeningContext) -> list[ModelDetector]:
        """Add the detections of models and validators, and return the models that ran."""
        models, validators = self._detectors.models, self._detectors.validators
        if screened.is_blocked and not context.runs_all_detectors:
            models, validators = (), ()
        messages = top_level_segments(screened.texts)
        scored = [*scored_segments(screened.texts), *split_attacks(screened.texts, screened.detections)]
        runs: list[tuple[AsyncDetector, Sequence[int]]] = [
            *((detector, messages) for detector in self._detectors.privacy),
            *((detector, scored) for detector in (*models, *validators)),
        ]
        results = await _run_concurrently(runs, screened.texts, context)
        for (_, indexes), result in zip(runs, results, strict=True):
            _add([screened.detections[index] for index in indexes], result)
        if models and self._detectors.fusion is not None:
            for text, of_text in zip(screened.texts, screened.detections, strict=True):
                of_text[:] = self._detectors.fusion.fused(
                    of_text, open_text(text), direction=text.segment.direction
                )
        return [*self._detectors.privacy, *models]

    def _decide_and_redact(
        self, screened: _ScreenedTexts, context: ScreeningContext, models: tuple[str, ...], started: float
    ) -> ScreeningResult:
        """Decide all detections, redact the texts and sum up the verdict."""
        texts = screened.texts
        detections = _effective(texts, screened.detections, context)
        added = [detector.detect(texts, detections, context) for detector in self._detectors.post_detectors]
        if any(of_text for result in added for of_text in result):
            for result in added:
                _add(screened.detections, result)
            detections = _effective(texts, screened.detections, context)
        decided = [
            decide_detections(text, of_text, context) for text, of_text in zip(texts, detections, strict=True)
        ]
        redacted_texts, pseudonyms = _redacted(texts, decided, context)
        tier = most_expensive_tier(each.tier for of_text in detections for each in of_text)
        took_ms = Decimal(str(round((time.perf_counter() - started) * 1000, 3)))
        verdict = verdict_of(
            [each for of_text in decided for each in of_text], context, tier, models, took_ms
        )
        return ScreeningResult(redacted_texts, verdict, pseudonyms, tuple(detections))


def chars_of(segments: Sequence[TextSegment], context: ScreeningContext) -> int:
    """The characters to process: all segments, and for an answer the request that it is compared with."""
    compared = sum(len(message.content) for message in context.prompt) + sum(
        map(len, context.pseudonyms.values())
    )
    return sum(len(segment.text) for segment in segments) + compared


async def _run_concurrently(
    runs: Sequence[tuple[AsyncDetector, Sequence[int]]],
    texts: Sequence[DetectorInput],
    context: ScreeningContext,
) -> list[Sequence[Sequence[Detection]]]:
    """The detections by each detector in the texts of its indexes; the first error ends all of them."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_detect(detector, [texts[index] for index in indexes], context))
                for detector, indexes in runs
            ]
    except BaseExceptionGroup as errors:
        # The stream tells a bad event from a broken service by the error itself.
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def _detect(
    detector: AsyncDetector, texts: Sequence[DetectorInput], context: ScreeningContext
) -> Sequence[Sequence[Detection]]:
    return await detector.detect(texts, context) if texts else ()


def _with_rules(text: DetectorInput, detections: Sequence[Detection]) -> DetectorInput:
    """A text with what the rules found in it, for the detectors that run after them."""
    is_phrased = has_phrases(detections)
    return dataclasses.replace(
        text,
        rule_spans=tuple(with_span(detections)),
        has_phrases=is_phrased,
        phrase_window=phrase_window(text.normalised.text) if is_phrased else "",
    )


def _detector_input(segment: TextSegment) -> DetectorInput:
    """The segment with its normalised, deobfuscated and decoded forms, and without document tags."""
    normalised = normalise(segment.text)
    deobfuscated, untagged = deobfuscate(segment.text, normalised.text), strip_document_tags(normalised.text)
    return DetectorInput(
        segment,
        normalised,
        deobfuscated if untagged == normalised.text else (untagged, *deobfuscated),
        decode_in_place(normalised),
    )


def _add(detections: Sequence[list[Detection]], result: Sequence[Sequence[Detection]]) -> None:
    """Append a detector's result to the detections of each text."""
    for known, new in zip(detections, result, strict=True):
        known.extend(new)


def _effective(
    texts: Sequence[DetectorInput], detections: Sequence[Sequence[Detection]], context: ScreeningContext
) -> list[Sequence[Detection]]:
    """The detections that count, each once: without allowed values and the guard's own placeholders."""
    return deduplicate_detections(
        texts,
        [_without_allowed(text, of_text, context) for text, of_text in zip(texts, detections, strict=True)],
    )


def _without_allowed(
    text: DetectorInput, detections: Sequence[Detection], context: ScreeningContext
) -> list[Detection]:
    """The detections of one text without allowed values and placeholders, those with a span first."""
    content = text.segment.text
    spans = without_allowed(context.policy, content, with_span(detections))
    values = [each for each in spans if each.kind != PLACEHOLDER_IN_URL]
    in_links = [each for each in spans if each.kind == PLACEHOLDER_IN_URL]
    kept = subtract_ranges(content, values, placeholder_spans(content, context.pseudonyms))
    return [*kept, *in_links, *of_whole_text(detections)]


def _redacted(
    texts: Sequence[DetectorInput],
    decided: Sequence[Sequence[DecidedDetection]],
    context: ScreeningContext,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The redacted whole texts, and the pseudonyms; a text whose score is masked is replaced as a whole."""
    redactions = redactions_of(texts, decided)
    redacted, pseudonyms = redact(
        [redaction.text for redaction in redactions],
        [redaction.replacements for redaction in redactions],
        context.pseudonyms,
    )
    finished = (redaction.finished(text) for redaction, text in zip(redactions, redacted, strict=True))
    return tuple(finished), pseudonyms
