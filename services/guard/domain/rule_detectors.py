"""The detectors that need no model: what they find is certain or named, and costs microseconds."""

from collections.abc import Sequence

from services.guard.domain.injection.detector import phrase_score
from services.guard.domain.pii.registry import recognise_in
from services.guard.domain.redaction import known_value_spans
from services.guard.domain.types import DetectorInput, ScreeningContext, TextDetections


class RuleDetector:
    """Personal data and secrets by shape and check digit."""

    def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> list[TextDetections]:
        """Places in each text."""
        del case
        return [TextDetections(spans=tuple(recognise_in(text.normalised))) for text in texts]


class KnownValueDetector:
    """Values that were pseudonymised on their way in and stand in the clear: the model guessed them, or a detector missed them elsewhere."""

    def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> list[TextDetections]:
        """Places in each text."""
        return [
            TextDetections(spans=tuple(known_value_spans(text.subject.text, case.pseudonyms)))
            for text in texts
        ]


class InjectionPhraseDetector:
    """Phrases that attacks use, in what others than the application wrote."""

    def detect(self, texts: Sequence[DetectorInput], case: ScreeningContext) -> list[TextDetections]:
        """One signal for each text that is looked at."""
        if case.direction == "output":
            return [TextDetections() for _ in texts]
        return [
            TextDetections()
            if text.subject.is_instruction
            else TextDetections(signals=(phrase_score(text.normalised.text, text.deobfuscated),))
            for text in texts
        ]
