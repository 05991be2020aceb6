"""What goes into screening, what detectors say of it, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction, Tier, Verdict
from services.guard.domain.plain import Plain
from services.guard.domain.policy import DEFAULT
from services.guard.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Subject:
    """A text to screen and where it comes from; instructions of the application itself are not taken for attacks."""

    text: str
    direction: Direction = "input"
    is_instruction: bool = False


@dataclass(frozen=True, slots=True)
class SeenText:
    """A subject as detectors see it: normalised once for all of them, with the way back to the original.

    `variants` are other readings, undisguised or decoded, for detectors that read meaning: they have no places in the original.
    """

    subject: Subject
    plain: Plain
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What surrounds the texts of one event: the verdict's direction, the policy, and what the guard knows from before."""

    direction: Direction
    policy: PolicyDocument = DEFAULT
    known: Mapping[str, str] = field(default_factory=dict[str, str])
    """Placeholder to clear value, of the request that is answered."""
    prompt: Sequence[Message] = ()
    """The messages that are answered, screened."""
    canaries: Mapping[str, str] = field(default_factory=dict[str, str])
    """`not_leak` or `appear` to the token that was put into the prompt."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What a detector says of a text as a whole; `is_found` at the detector's shipped operating point."""

    detector: str
    kind: str
    score: float
    is_found: bool
    points: tuple[str, ...] = ()
    tier: Tier = "rules"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one detector found in one text: places, in characters of the original, and signals of the whole."""

    spans: tuple[Span, ...] = ()
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """Texts in the order they were given, without clear personal data; `pseudonyms` maps each placeholder to what it stands for.

    `readings` has for each text all that was found in it, in places of the text as it was given.
    """

    texts: tuple[str, ...]
    verdict: Verdict
    pseudonyms: Mapping[str, str]
    readings: tuple[Reading, ...] = ()
