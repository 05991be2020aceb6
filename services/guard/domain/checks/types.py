"""The input and the result of a policy's check, and its errors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from schemas.checks import Check
from schemas.verdicts import Direction
from services.guard.domain.detection import CERTAIN_SCORE, UNSCANNED, Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext

MAX_SPANS = 1_000
MAX_REPLACEMENT_CHARS = 131_072
LanguageOf = Callable[[str], str | None]
"""Returns the ISO 639-1 code of a text, or None where the language is not certain."""


class InvalidCheckError(ValueError):
    """A check cannot run as configured; the message is for its author and contains no content."""


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
    if result.is_failed and result.spans and check.action == "mask":
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
    """The detection for a text that a check could not process; empty if the check is in shadow mode."""
    return [] if check.shadow else [UNSCANNED]


def applies_to(check: Check, direction: Direction) -> bool:
    """Whether a check applies to texts of this direction."""
    return direction in check.on


def usable_result(result: object, chars: int) -> CheckResult:
    """A result of outside code, made anew of its checked parts; raises ValueError for anything invalid.

    `chars` is the length of the text. The message holds nothing of the text.
    """
    is_failed, spans, replacement = (
        cast("object", getattr(result, name, None)) for name in ("is_failed", "spans", "replacement")
    )
    if type(result) is not CheckResult or type(is_failed) is not bool or type(spans) is not tuple:
        raise ValueError("a check must return a CheckResult that is failed or not")
    offsets = cast("tuple[object, ...]", spans)
    if len(offsets) > MAX_SPANS or not all(is_inside(span, chars) for span in offsets):
        raise ValueError(f"spans outside of the text, or more than {MAX_SPANS}")
    if replacement is not None and not _is_replacement(replacement):
        raise ValueError(f"a replacement that is no text of at most {MAX_REPLACEMENT_CHARS} characters")
    return CheckResult(is_failed, tuple(Span(*span) for span in result.spans), result.replacement)


def _is_replacement(value: object) -> bool:
    return type(value) is str and len(value) <= MAX_REPLACEMENT_CHARS


def is_inside(span: object, chars: int) -> bool:
    """Whether outside code gave two whole numbers that lie in a text in this order."""
    if not isinstance(span, tuple):
        return False
    offsets = cast("tuple[object, ...]", span)
    if len(offsets) != len(Span._fields):
        return False
    start, end = offsets
    return type(start) is int and type(end) is int and 0 <= start < end <= chars
