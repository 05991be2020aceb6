"""What a check of a policy says of one text, and the two ways in which it cannot: written wrong, or not able to look."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas.policies import Check
from schemas.verdicts import Direction
from services.guard.domain.spans import CERTAIN, Span
from services.guard.domain.types import Case, Reading, SeenText, Signal

Range = tuple[int, int]
LanguageOf = Callable[[str], str | None]
"""The ISO 639-1 code of a text, or None where it is too short or in no language for sure."""
UNSCANNED = Signal("guard", "UNSCANNED", CERTAIN, is_found=True)


class CheckFaultError(ValueError):
    """A check cannot run as it is written; the message is for its author and holds nothing of any text."""


class NotCheckedError(Exception):
    """A check could not look at a text: the policy's `when_unscanned` decides."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One text as a check sees it, with what surrounds it."""

    text: SeenText
    case: Case
    language_of: LanguageOf
    whole: str
    """The text, or the message that it is the caller's own part of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a text fails the check; `places` are the characters of the original that do, where it is not the text as a whole."""

    is_failed: bool
    places: tuple[Range, ...] = ()
    instead: str | None = field(default=None, repr=False)
    """What the check offers in the place of the text."""


PASSED = Outcome(is_failed=False)
FAILED = Outcome(is_failed=True)
Runner = Callable[[Looked], Outcome]


def reading(check: Check, kind_of: str, outcome: Outcome) -> Reading:
    """The finding of a check: its places where they alone are to be masked, else one signal of the text."""
    if outcome.places and check.action == "mask":
        return Reading(spans=tuple(Span(start, end, check.name, CERTAIN, kind_of) for start, end in outcome.places))
    score = CERTAIN if outcome.is_failed else 0.0
    return Reading(signals=(Signal(kind_of, check.name, score, is_found=outcome.is_failed, instead=outcome.instead),))


def not_checked(check: Check) -> Reading:
    """A text that a check could not look at; a check in shadow stops nobody, also where it fails itself."""
    return Reading() if check.shadow else Reading(signals=(UNSCANNED,))


def together(readings: Iterable[Reading]) -> Reading:
    """Readings of one text as one."""
    known = list(readings)
    return Reading(tuple(span for one in known for span in one.spans), tuple(signal for one in known for signal in one.signals))


def looks_at(check: Check, direction: Direction) -> bool:
    """Whether a check is about texts of a direction."""
    return direction in check.on
