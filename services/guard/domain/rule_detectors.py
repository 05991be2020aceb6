"""The detectors without a model: recognisers, known values and injection phrases."""

from collections.abc import Sequence

from services.guard.domain.detection import Detection
from services.guard.domain.injection.detector import phrase_score
from services.guard.domain.pii.registry import recognise_in, recognisers
from services.guard.domain.redaction import known_value_spans
from services.guard.domain.types import DetectorInput, ScreeningContext


class RuleDetector:
    """Detects personal data and secrets by format, check digit and context."""

    def __init__(self) -> None:
        # Imports all recognisers now, so that no first text waits for them.
        recognisers()

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """The spans in each text."""
        del context
        return [recognise_in(text.normalised, text.decoded) for text in texts]


class KnownValueDetector:
    """Detects values in the clear that were pseudonymised in the request."""

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """The spans in each text."""
        return [known_value_spans(text.segment.text, context.pseudonyms) for text in texts]


class InjectionPhraseDetector:
    """Detects phrases that attacks use, in texts that the application did not write."""

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One score for each text that is not an instruction; none for answers."""
        if context.direction == "output":
            return [() for _ in texts]
        return [
            () if text.segment.is_instruction else (phrase_score(text.normalised.text, text.deobfuscated),)
            for text in texts
        ]
