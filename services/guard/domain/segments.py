"""Messages that hold documents: values are detected in the message, scores in its segments."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.detections import KINDS, PLACEHOLDER_IN_URL
from services.guard.domain.detection import CERTAIN_SCORE, PROMPT_INJECTION, Detection, Span
from services.guard.domain.pii.registry import DETECTOR as RULES
from services.guard.domain.redaction import SpanReplacement
from services.guard.domain.spans import of_whole_text, position, with_span
from services.guard.domain.types import DetectorInput, ParentPosition
from services.guard.domain.verdict import DecidedDetection


@dataclass(frozen=True, slots=True)
class TextRedaction:
    """What is replaced in a whole text: some of its spans, or all of it where `mask` is given."""

    text: str
    replacements: tuple[SpanReplacement, ...]
    mask: Detection | None

    def finished(self, redacted: str) -> str:
        """The redacted text, or the mask; a replacement may hold values, so it needs an unchanged text."""
        if self.mask is None:
            return redacted
        if self.mask.replacement is not None and redacted == self.text:
            return self.mask.replacement
        return f"[{self.mask.kind}]"


def top_level_segments(texts: Sequence[DetectorInput]) -> list[int]:
    """The indexes of the texts that are whole messages."""
    return [index for index, text in enumerate(texts) if text.segment.parent is None]


def scored_segments(texts: Sequence[DetectorInput]) -> list[int]:
    """The indexes of the texts that are scored: all but the messages that are cut into segments."""
    split = {text.segment.parent.index for text in texts if text.segment.parent is not None}
    return [index for index in range(len(texts)) if index not in split]


def split_attacks(texts: Sequence[DetectorInput], detections: Sequence[Sequence[Detection]]) -> list[int]:
    """The indexes of the messages that score higher for an attack than each of their segments.

    They are scored as a whole too, since a cut may split an attack.
    """
    if len(texts) == 1:
        return []
    strengths = _strengths_of_segments(texts, detections)
    split = {text.segment.parent.index for text in texts if text.segment.parent is not None}
    return [
        index
        for index in sorted(split)
        if any(
            each.kind == PROMPT_INJECTION and _strength(each) > strengths[_key(index, each)]
            for each in of_whole_text(detections[index])
        )
    ]


def deduplicate_detections(
    texts: Sequence[DetectorInput], detections: Sequence[Sequence[Detection]]
) -> list[Sequence[Detection]]:
    """Report each detection once: a document's values with the document, scores with the segments.

    A score is kept if it is stronger for the whole message than for its segments: a cut may split an attack.
    """
    result = list(detections)
    if len(texts) == 1:
        return result
    strengths = _strengths_of_segments(texts, detections)
    spans_of: dict[int, frozenset[Detection]] = {}
    for index, text in enumerate(texts):
        parent = text.segment.parent
        if parent is None:
            continue
        message = result[parent.index]
        if text.segment.direction == "indirect":
            spans_of.pop(parent.index, None)
            result[parent.index], result[index] = _moved_to_document(message, text, parent, result[index])
        else:
            known = spans_of.setdefault(parent.index, frozenset(with_span(message)))
            result[index] = [each for each in result[index] if each not in known]
            result[parent.index] = _without_repeated_scores(message, parent.index, strengths)
    return result


def _moved_to_document(
    message: Sequence[Detection], text: DetectorInput, parent: ParentPosition, own: Sequence[Detection]
) -> tuple[list[Detection], list[Detection]]:
    """The detections of a message and of a document in it, with the spans in the document moved to it."""
    inside = {each for each in with_span(message) if _is_within(each, text, parent)}
    spans = {each.shifted(-parent.start) for each in inside}.union(with_span(own))
    document = [*sorted(spans, key=position), *of_whole_text(own)]
    return [each for each in message if each not in inside], document


def _without_repeated_scores(
    detections: Sequence[Detection], message: int, strengths: Mapping[tuple[int, str, str], int]
) -> list[Detection]:
    """The detections of a message without the scores that are no stronger than those of its segments."""
    return [
        each
        for each in detections
        if each.span is not None or _strength(each) > strengths[_key(message, each)]
    ]


def _is_within(detection: Detection, text: DetectorInput, parent: ParentPosition) -> bool:
    """Whether a detection of the message lies in this segment of it."""
    return parent.start <= detection.start and detection.end <= parent.start + len(text.segment.text)


def _strengths_of_segments(
    texts: Sequence[DetectorInput], detections: Sequence[Sequence[Detection]]
) -> Mapping[tuple[int, str, str], int]:
    """The highest strength of a score in any segment of a message, by message, detector and kind."""
    strengths: dict[tuple[int, str, str], int] = defaultdict(int)
    for text, of_text in zip(texts, detections, strict=True):
        if text.segment.parent is not None:
            for detection in of_whole_text(of_text):
                key = _key(text.segment.parent.index, detection)
                strengths[key] = max(strengths[key], _strength(detection))
    return strengths


def _key(message: int, detection: Detection) -> tuple[int, str, str]:
    return message, detection.detector, detection.kind


def _strength(detection: Detection) -> int:
    """The rank of a detection by the operating points it reaches, since rules are set at these points."""
    return len(detection.points) + int(detection.is_found)


def redactions_of(
    texts: Sequence[DetectorInput], decided: Sequence[Sequence[DecidedDetection]]
) -> list[TextRedaction]:
    """What is replaced in each whole text, by its own detections and those of its segments."""
    replacements: dict[int, list[SpanReplacement]] = {index: [] for index in top_level_segments(texts)}
    masks: dict[int, Detection] = {}
    for index, (text, of_text) in enumerate(zip(texts, decided, strict=True)):
        segment, parent = text.segment, text.segment.parent or ParentPosition(index)
        mask = next(
            (each.detection for each in of_text if each.redacts and each.detection.span is None), None
        )
        if mask is not None and segment.parent is not None and segment.direction == "indirect":
            # Of overlapping detections the longest that a rule made gives the kind: the document's own.
            span = Span(parent.start, parent.start + len(segment.text))
            document = Detection(mask.kind, RULES, CERTAIN_SCORE, span)
            replacements[parent.index].append(
                SpanReplacement(document, is_restorable=False, is_everywhere=False)
            )
        elif mask is not None:
            masks[parent.index] = mask
        replacements[parent.index].extend(_replacements(of_text, parent.start))
    return [
        TextRedaction(texts[index].segment.text, tuple(of_text), masks.get(index))
        for index, of_text in replacements.items()
    ]


def _replacements(decided: Sequence[DecidedDetection], start: int) -> Iterator[SpanReplacement]:
    """The spans to replace, shifted by `start`; words that a check masks and placeholders stay elsewhere."""
    for each in decided:
        if each.redacts and each.detection.span is not None:
            yield SpanReplacement(
                each.detection.shifted(start),
                is_restorable=each.decision.action == "pseudonymise",
                is_everywhere=each.detection.kind in KINDS and each.detection.kind != PLACEHOLDER_IN_URL,
            )
