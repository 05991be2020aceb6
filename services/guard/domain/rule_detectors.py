"""The detectors that need no model: what they find is certain or named, and costs microseconds."""

from collections.abc import Sequence

from services.guard.domain.injection.detector import phrase_signal
from services.guard.domain.pii.registry import find_in
from services.guard.domain.redaction import values_in
from services.guard.domain.types import Case, Reading, SeenText


class RuleDetector:
    """Personal data and secrets by shape and check digit."""

    def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """Places in each text."""
        del case
        return [Reading(spans=tuple(find_in(text.plain))) for text in texts]


class KnownValueDetector:
    """Values that were pseudonymised on their way in and stand in the clear: the model guessed them, or a detector missed them elsewhere."""

    def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """Places in each text."""
        return [Reading(spans=tuple(values_in(text.subject.text, case.known))) for text in texts]


class PhraseDetector:
    """Phrases that attacks use, in what others than the application wrote."""

    def read(self, texts: Sequence[SeenText], case: Case) -> list[Reading]:
        """One signal for each text that is looked at."""
        if case.direction == "output":
            return [Reading() for _ in texts]
        return [Reading() if text.subject.is_instruction else Reading(signals=(phrase_signal(text.plain.text, text.variants),)) for text in texts]
