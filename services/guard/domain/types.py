"""What goes into screening, what detectors say of it, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction, Verdict
from services.guard.domain.detection import Detection
from services.guard.domain.policy import DEFAULT
from services.guard.domain.text.normalization import NormalisedText


@dataclass(frozen=True, slots=True)
class ParentPosition:
    """Where a part of a message stands: which subject the message is, and from which character on."""

    index: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A text to screen and where it comes from; instructions of the application itself are not taken for attacks.

    A message that holds a document is three subjects: itself, for values that are replaced in it, and within it the document and
    what is left without it, for what is said of texts as a whole.
    """

    text: str
    direction: Direction = "input"
    is_instruction: bool = False
    parent: ParentPosition | None = None


@dataclass(frozen=True, slots=True)
class DetectorInput:
    """A subject as detectors see it: normalised once for all of them, with the way back to the original.

    `variants` are other readings, undisguised or decoded, for detectors that read meaning: they have no places in the original.
    `spans` is what the rules found in it, in places of the original, for those that are asked after them.
    """

    segment: TextSegment
    normalised: NormalisedText
    deobfuscated: tuple[str, ...] = ()
    rule_spans: tuple[Detection, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreeningContext:
    """What surrounds the texts of one event: the verdict's direction, the policy, and what the guard knows from before."""

    direction: Direction
    policy: PolicyDocument = DEFAULT
    pseudonyms: Mapping[str, str] = field(default_factory=dict[str, str])
    """Placeholder to clear value, of the request that is answered."""
    prompt: Sequence[Message] = ()
    """The messages that are answered, screened."""
    canaries: Mapping[str, str] = field(default_factory=dict[str, str])
    """`not_leak` or `appear` to the token that was put into the prompt; without one that came back as it must."""
    tenant: str = ""
    """Whose traffic it is; nobody's where empty."""
    runs_all_detectors: bool = False
    """Whether every detector is asked, also where the rules have blocked already: who wants scores wants all of them."""


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """Texts in the order they were given, without parts and without clear personal data; `pseudonyms` maps placeholders to what they stand for.

    `readings` has for each text, parts included, all that was found in it, in places of the text as it was given.
    """

    redacted_texts: tuple[str, ...]
    verdict: Verdict
    pseudonyms: Mapping[str, str]
    detections: tuple[Sequence[Detection], ...] = ()
