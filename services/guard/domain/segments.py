"""Messages that hold a document: values are found in the whole message, what is said of a text as a whole in its parts."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from schemas.detections import KINDS
from services.guard.domain.pii.registry import DETECTOR as RULES
from services.guard.domain.redaction import SpanReplacement
from services.guard.domain.spans import CERTAIN_SCORE, Span
from services.guard.domain.types import DetectorInput, TextDetections, TextScore
from services.guard.domain.verdict import DecidedDetection


@dataclasses.dataclass(frozen=True, slots=True)
class TextRedaction:
    """What is replaced in a whole text: places of it, or all of it."""

    text: str
    places: tuple[SpanReplacement, ...]
    mask: TextScore | None

    def finished(self, replaced: str) -> str:
        """The text as it may go on; what a check offers instead could bring values back, so it needs a text that has none."""
        if self.mask is None:
            return replaced
        return (
            self.mask.replacement
            if self.mask.replacement is not None and replaced == self.text
            else f"[{self.mask.kind}]"
        )


def top_level_segments(texts: Sequence[DetectorInput]) -> list[int]:
    """Which texts are no part of another."""
    return [index for index, text in enumerate(texts) if text.subject.parent is None]


def scored_segments(texts: Sequence[DetectorInput]) -> list[int]:
    """Which texts are to be judged as a whole: a message that was taken apart is not."""
    split = {text.subject.parent.subject for text in texts if text.subject.parent is not None}
    return [index for index in range(len(texts)) if index not in split]


def deduplicate_detections(
    texts: Sequence[DetectorInput], readings: Sequence[TextDetections]
) -> list[TextDetections]:
    """Every finding once: a document's values with the document, what is said of a whole message with its parts.

    What only the whole message says stays with it: an attack that was cut in two by a mark is the caller's.
    """
    result = list(readings)
    said = _said_by_parts(texts, readings)
    of_message: dict[int, frozenset[Span]] = {}
    for index, text in enumerate(texts):
        within = text.subject.parent
        if within is None:
            continue
        message = result[within.subject]
        own, end = result[index], within.start + len(text.subject.text)
        if text.subject.direction == "indirect":
            inside = {span for span in message.spans if within.start <= span.start and span.end <= end}
            of_message.pop(within.subject, None)
            moved = {_shifted(span, -within.start) for span in inside}
            result[index] = TextDetections(tuple(sorted(moved | set(own.spans))), own.signals)
            result[within.subject] = TextDetections(
                tuple(span for span in message.spans if span not in inside), message.signals
            )
        else:
            known = of_message.setdefault(within.subject, frozenset(message.spans))
            result[index] = TextDetections(
                tuple(span for span in own.spans if span not in known), own.signals
            )
            result[within.subject] = TextDetections(
                message.spans,
                tuple(one for one in message.signals if _strength(one) > said[_about(within.subject, one)]),
            )
    return result


def _said_by_parts(
    texts: Sequence[DetectorInput], readings: Sequence[TextDetections]
) -> Mapping[tuple[int, str, str], int]:
    """The strongest that any part of a message says, by message, detector and kind."""
    said: dict[tuple[int, str, str], int] = defaultdict(int)
    for text, reading in zip(texts, readings, strict=True):
        if text.subject.parent is not None:
            for signal in reading.signals:
                key = _about(text.subject.parent.subject, signal)
                said[key] = max(said[key], _strength(signal))
    return said


def _about(subject: int, signal: TextScore) -> tuple[int, str, str]:
    return subject, signal.detector, signal.kind


def _strength(signal: TextScore) -> int:
    """By the operating points that it reaches, since a policy acts from one of them on."""
    return len(signal.points) + int(signal.is_found)


def redactions_of(
    texts: Sequence[DetectorInput], judged: Sequence[Sequence[DecidedDetection]]
) -> list[TextRedaction]:
    """What is replaced in each whole text, with what was found in its parts; a masked document goes with all that is in it."""
    places: dict[int, list[SpanReplacement]] = {index: [] for index in top_level_segments(texts)}
    masks: dict[int, TextScore] = {}
    for index, (text, ones) in enumerate(zip(texts, judged, strict=True)):
        subject, within = text.subject, text.subject.parent
        whole, start = (index, 0) if within is None else (within.subject, within.start)
        mask = next(
            (one.detection for one in ones if one.redacts and isinstance(one.detection, TextScore)), None
        )
        if mask is not None and within is not None and subject.direction == "indirect":
            # Among spans that touch, the longest that a rule found names them all: the document's own.
            span = Span(start, start + len(subject.text), mask.kind, CERTAIN_SCORE, RULES)
            places[whole].append(SpanReplacement(span, is_restorable=False, is_everywhere=False))
        elif mask is not None:
            masks[whole] = mask
        places[whole].extend(_replacements(ones, start))
    return [
        TextRedaction(texts[index].subject.text, tuple(found), masks.get(index))
        for index, found in places.items()
    ]


def _replacements(judged: Sequence[DecidedDetection], start: int) -> Iterator[SpanReplacement]:
    """A word that a check takes out stays in other texts: the application's instructions may name it."""
    for one in judged:
        if one.redacts and isinstance(one.detection, Span):
            is_restorable = one.decision.action == "pseudonymise"
            yield SpanReplacement(
                _shifted(one.detection, start), is_restorable, is_everywhere=one.detection.kind in KINDS
            )


def _shifted(span: Span, by: int) -> Span:
    return dataclasses.replace(span, start=span.start + by, end=span.end + by)
