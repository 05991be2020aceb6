"""Messages that hold a document: values are found in the whole message, what is said of a text as a whole in its parts."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from schemas.detections import KINDS
from services.guard.domain.pii.registry import DETECTOR as RULES
from services.guard.domain.redaction import Replacement
from services.guard.domain.spans import CERTAIN, Span
from services.guard.domain.types import Reading, SeenText, Signal
from services.guard.domain.verdict import Judged


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What is replaced in a whole text: places of it, or all of it."""

    text: str
    places: tuple[Replacement, ...]
    mask: Signal | None

    def finished(self, replaced: str) -> str:
        """The text as it may go on; what a check offers instead could bring values back, so it needs a text that has none."""
        if self.mask is None:
            return replaced
        return self.mask.instead if self.mask.instead is not None and replaced == self.text else f"[{self.mask.kind}]"


def whole_texts(texts: Sequence[SeenText]) -> list[int]:
    """Which texts are no part of another."""
    return [index for index, text in enumerate(texts) if text.subject.within is None]


def texts_with_meaning(texts: Sequence[SeenText]) -> list[int]:
    """Which texts are to be judged as a whole: a message that was taken apart is not."""
    split = {text.subject.within.subject for text in texts if text.subject.within is not None}
    return [index for index in range(len(texts)) if index not in split]


def settled(texts: Sequence[SeenText], readings: Sequence[Reading]) -> list[Reading]:
    """Every finding once: a document's values with the document, what is said of a whole message with its parts.

    What only the whole message says stays with it: an attack that was cut in two by a mark is the caller's.
    """
    result = list(readings)
    said = _said_by_parts(texts, readings)
    of_message: dict[int, frozenset[Span]] = {}
    for index, text in enumerate(texts):
        within = text.subject.within
        if within is None:
            continue
        message = result[within.subject]
        own, end = result[index], within.start + len(text.subject.text)
        if text.subject.direction == "indirect":
            inside = {span for span in message.spans if within.start <= span.start and span.end <= end}
            of_message.pop(within.subject, None)
            moved = {_shifted(span, -within.start) for span in inside}
            result[index] = Reading(tuple(sorted(moved | set(own.spans))), own.signals)
            result[within.subject] = Reading(tuple(span for span in message.spans if span not in inside), message.signals)
        else:
            known = of_message.setdefault(within.subject, frozenset(message.spans))
            result[index] = Reading(tuple(span for span in own.spans if span not in known), own.signals)
            result[within.subject] = Reading(
                message.spans, tuple(one for one in message.signals if _strength(one) > said[_about(within.subject, one)])
            )
    return result


def _said_by_parts(texts: Sequence[SeenText], readings: Sequence[Reading]) -> Mapping[tuple[int, str, str], int]:
    """The strongest that any part of a message says, by message, detector and kind."""
    said: dict[tuple[int, str, str], int] = defaultdict(int)
    for text, reading in zip(texts, readings, strict=True):
        if text.subject.within is not None:
            for signal in reading.signals:
                key = _about(text.subject.within.subject, signal)
                said[key] = max(said[key], _strength(signal))
    return said


def _about(subject: int, signal: Signal) -> tuple[int, str, str]:
    return subject, signal.detector, signal.kind


def _strength(signal: Signal) -> int:
    """By the operating points that it reaches, since a policy acts from one of them on."""
    return len(signal.points) + int(signal.is_found)


def changes_of(texts: Sequence[SeenText], judged: Sequence[Sequence[Judged]]) -> list[Change]:
    """What is replaced in each whole text, with what was found in its parts; a masked document goes with all that is in it."""
    places: dict[int, list[Replacement]] = {index: [] for index in whole_texts(texts)}
    masks: dict[int, Signal] = {}
    for index, (text, ones) in enumerate(zip(texts, judged, strict=True)):
        subject, within = text.subject, text.subject.within
        whole, start = (index, 0) if within is None else (within.subject, within.start)
        mask = next((one.found for one in ones if one.replaces and isinstance(one.found, Signal)), None)
        if mask is not None and within is not None and subject.direction == "indirect":
            # Among spans that touch, the longest that a rule found names them all: the document's own.
            span = Span(start, start + len(subject.text), mask.kind, CERTAIN, RULES)
            places[whole].append(Replacement(span, is_restorable=False, is_everywhere=False))
        elif mask is not None:
            masks[whole] = mask
        places[whole].extend(_replacements(ones, start))
    return [Change(texts[index].subject.text, tuple(found), masks.get(index)) for index, found in places.items()]


def _replacements(judged: Sequence[Judged], start: int) -> Iterator[Replacement]:
    """A word that a check takes out stays in other texts: the application's instructions may name it."""
    for one in judged:
        if one.replaces and isinstance(one.found, Span):
            is_restorable = one.decision.action == "pseudonymise"
            yield Replacement(_shifted(one.found, start), is_restorable, is_everywhere=one.found.kind in KINDS)


def _shifted(span: Span, by: int) -> Span:
    return dataclasses.replace(span, start=span.start + by, end=span.end + by)
