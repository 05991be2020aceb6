"""The input and the result of a policy's check, and its errors."""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.checks import Check
from schemas.verdicts import Direction
from services.guard.domain.detection import CERTAIN_SCORE, UNSCANNED, Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext

LanguageOf = Callable[[str], str | None]
"""Returns the ISO 639-1 code of a text, or None where the language is not certain."""


class InvalidCheckError(ValueError):
    """A check cannot run as it is written; the message is for its author and holds no content."""


class NotCheckedError(Exception):
    """A check could not process a text, which is then unscanned: the policy's `when_unscanned` decides."""


@dataclass(frozen=True, slots=True)
class CheckedText:
    """One text as checks get it, with its context."""

    text: DetectorInput
    context: ScreeningContext
    language_of: LanguageOf
    message_text: str
    """The text, or the whole message where the text is the caller's own part of one."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a text fails the check, and which spans of the original do, if not the text as a whole."""

    is_failed: bool
    spans: tuple[Span, ...] = ()
    replacement: str | None = field(default=None, repr=False)
    """What a validator offers in the place of the text."""


PASSED = CheckResult(is_failed=False)
FAILED = CheckResult(is_failed=True)
Runner = Callable[[CheckedText], CheckResult]


def check_detections(check: Check, check_type: str, result: CheckResult) -> list[Detection]:
    """The detections of a check: its spans if only they are masked, else one for the text as a whole."""
    if result.spans and check.action == "mask":
        return [Detection(check.name, check_type, CERTAIN_SCORE, span) for span in result.spans]
    score = CERTAIN_SCORE if result.is_failed else 0.0
    return [
        Detection(
            check.name,
            check_type,
            score,
            is_found=result.is_failed,
            tier="rules",
            replacement=result.replacement,
        )
    ]


def unscanned_detections(check: Check) -> list[Detection]:
    """The detection for a text that a check could not look at; none where the check is in shadow."""
    return [] if check.shadow else [UNSCANNED]


def applies_to(check: Check, direction: Direction) -> bool:
    """Whether a check applies to texts of this direction."""
    return direction in check.on
