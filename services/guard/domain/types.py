"""The inputs and the result of a screening."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction, Verdict
from services.guard.domain.detection import Detection
from services.guard.domain.pii.decoded_text import DecodedText
from services.guard.domain.policy import DEFAULT
from services.guard.domain.text.normalization import NormalisedText


@dataclass(frozen=True, slots=True)
class ParentPosition:
    """The index of the message that a segment belongs to, and the segment's first character in it."""

    index: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A text to screen and its direction; instructions are the application's own text and are not attacks.

    A message that holds a document gives three segments: the message, whose values are detected and redacted,
    and with it as parent the document and the caller's own part, which are scored as whole texts.
    """

    text: str
    direction: Direction = "input"
    is_instruction: bool = False
    parent: ParentPosition | None = None


@dataclass(frozen=True, slots=True)
class DetectorInput:
    """A segment as detectors get it, normalised once for all of them."""

    segment: TextSegment
    normalised: NormalisedText
    deobfuscated: tuple[str, ...] = ()
    """Deobfuscated and decoded forms of the text, whose offsets do not lead back to the original."""
    decoded: DecodedText | None = None
    """The text with its encodings decoded in place, for detectors of values; None where it has none."""
    rule_spans: tuple[Detection, ...] = ()
    """The detections of the rules that have a span, for the detectors that run after them."""
    phrase_window: str = ""
    """What stands around the strongest phrase of an attack in a long text; empty elsewhere."""
    has_phrases: bool = False
    """Whether the rules found phrases of attacks, so that the classifier takes a closer look."""


@dataclass(frozen=True, slots=True)
class ScreeningContext:
    """What the texts of one event have in common: direction, policy, and facts about the request."""

    direction: Direction
    policy: PolicyDocument = DEFAULT
    pseudonyms: Mapping[str, str] = field(default_factory=dict[str, str])
    """Placeholder to clear value, of the request that is answered; empty for requests."""
    prompt: Sequence[Message] = ()
    """The screened messages of the request that is answered; empty for requests."""
    canaries: Mapping[str, str] = field(default_factory=dict[str, str])
    """`not_leak` or `appear` to the canary that is still to be checked."""
    tenant: str = ""
    """The tenant of the event; empty for a scan without a stream."""
    runs_all_detectors: bool = False
    """Whether models and validators run also where the rules block already, so that all scores are there."""


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """The redacted texts of the whole messages in order, the verdict, and the pseudonyms."""

    redacted_texts: tuple[str, ...]
    verdict: Verdict
    pseudonyms: Mapping[str, str]
    detections: tuple[Sequence[Detection], ...] = ()
    """The detections of each segment in order, with spans of the segment's original text."""
