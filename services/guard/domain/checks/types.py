"""What a check of a policy says of one text, and the two ways in which it cannot: written wrong, or not able to look."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.policies import Check
from schemas.verdicts import Direction
from services.guard.domain.spans import CERTAIN_SCORE, Span
from services.guard.domain.types import DetectorInput, ScreeningContext, TextDetections, TextScore

Range = tuple[int, int]
LanguageOf = Callable[[str], str | None]
"""The ISO 639-1 code of a text, or None where it is too short or in no language for sure."""
UNSCANNED = TextScore("guard", "UNSCANNED", CERTAIN_SCORE, is_found=True)


class InvalidCheckError(ValueError):
    """A check cannot run as it is written; the message is for its author and holds nothing of any text."""


class NotCheckedError(Exception):
    """A check could not look at a text: the policy's `when_unscanned` decides."""


@dataclass(frozen=True, slots=True)
class CheckedText:
    """One text as a check sees it, with what surrounds it."""

    text: DetectorInput
    case: ScreeningContext
    language_of: LanguageOf
    message_text: str
    """The text, or the message that it is the caller's own part of."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a text fails the check; `places` are the characters of the original that do, where it is not the text as a whole."""

    is_failed: bool
    spans: tuple[Range, ...] = ()
    replacement: str | None = field(default=None, repr=False)
    """What the check offers in the place of the text."""


PASSED = CheckResult(is_failed=False)
FAILED = CheckResult(is_failed=True)
Runner = Callable[[CheckedText], CheckResult]


def check_detections(check: Check, kind_of: str, outcome: CheckResult) -> TextDetections:
    """The finding of a check: its places where they alone are to be masked, else one signal of the text."""
    if outcome.spans and check.action == "mask":
        return TextDetections(
            spans=tuple(Span(start, end, check.name, CERTAIN_SCORE, kind_of) for start, end in outcome.spans)
        )
    score = CERTAIN_SCORE if outcome.is_failed else 0.0
    return TextDetections(
        signals=(
            TextScore(
                kind_of, check.name, score, is_found=outcome.is_failed, replacement=outcome.replacement
            ),
        )
    )


def unscanned_detections(check: Check) -> TextDetections:
    """A text that a check could not look at; a check in shadow stops nobody, also where it fails itself."""
    return TextDetections() if check.shadow else TextDetections(signals=(UNSCANNED,))


def merge_detections(readings: Iterable[TextDetections]) -> TextDetections:
    """Readings of one text as one."""
    known = list(readings)
    return TextDetections(
        tuple(span for one in known for span in one.spans),
        tuple(signal for one in known for signal in one.signals),
    )


def applies_to(check: Check, direction: Direction) -> bool:
    """Whether a check is about texts of a direction."""
    return direction in check.on
