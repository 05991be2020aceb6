"""The text classifier as a detector: toxicity, and attacks on the model, by the linear tier where it is sure, else by both tiers."""

from collections.abc import Mapping, Sequence

from services.guard.adapters.classifier_files import ClassifierSpec
from services.guard.adapters.onnx_encoder import TextEncoder, TextEncoding
from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.domain.classifier.calibration import (
    fused_scores,
    heads_for,
    linear_scores,
    max_logits,
    scores_without_words,
)
from services.guard.domain.classifier.features import features
from services.guard.domain.detection import Detection
from services.guard.domain.threads import TextThreads
from services.guard.domain.types import DetectorInput, ScreeningContext

MAX_LINEAR_CHARS = 131_072
"""Of a longer text the linear tier sees head and tail, since features take a hundred times the memory of their text; it never decides alone there."""


class ClassifierDetector:
    """Scores what others than the application wrote; of several readings of a text the worst counts."""

    def __init__(
        self, encoder: TextEncoder, card: ClassifierSpec, threads: TextThreads | None = None
    ) -> None:
        """Take the encoder, what its card says, and where features of long texts are hashed: without, in threads of their own."""
        self._encoder = encoder
        self._threads: TextThreads = threads or RuleThreadPool()
        self._heads, self._linear = card.heads, card.linear
        self.version = card.version

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The scores of each text; none for the application's instructions."""
        del context
        asked = {index: text for index, text in enumerate(texts) if not text.segment.is_instruction}
        linear = await self._linear_logits(list(asked.values()))
        scores = dict(zip(asked, await self._scores(list(asked.values()), linear), strict=True))
        return [scores.get(index, ()) for index in range(len(texts))]

    async def _scores(
        self, texts: Sequence[DetectorInput], linear: Sequence[Mapping[str, float]]
    ) -> list[tuple[Detection, ...]]:
        names = [heads_for(text.segment.direction) for text in texts]
        chars = sum(len(text.normalised.text) for text in texts)
        early = await self._threads.run(
            chars,
            lambda: [
                self._linear_scores(text, heads, logits)
                for text, heads, logits in zip(texts, names, linear, strict=True)
            ],
        )
        unclear = [_variants(text) for text, scores in zip(texts, early, strict=True) if scores is None]
        encodings = iter(
            await self._encoder.encode([reading for readings in unclear for reading in readings])
            if unclear
            else ()
        )
        grouped = iter([[next(encodings) for _ in readings] for readings in unclear])
        return [
            self._fused(heads, logits, next(grouped)) if scores is None else scores
            for heads, logits, scores in zip(names, linear, early, strict=True)
        ]

    def _linear_scores(
        self, text: DetectorInput, heads: Sequence[str], linear: Mapping[str, float]
    ) -> tuple[Detection, ...] | None:
        readings = _variants(text)
        if any(len(reading) > MAX_LINEAR_CHARS for reading in readings):
            return None
        if not any(character.isalnum() for reading in readings for character in reading):
            return scores_without_words(self._heads, heads)
        return linear_scores(self._heads, heads, linear)

    def _fused(
        self, heads: Sequence[str], linear: Mapping[str, float], encodings: Sequence[TextEncoding]
    ) -> tuple[Detection, ...]:
        return fused_scores(self._heads, heads, linear, max_logits([one.logits for one in encodings]))

    async def _linear_logits(self, texts: Sequence[DetectorInput]) -> list[dict[str, float]]:
        chars = sum(len(reading) for text in texts for reading in _variants(text))
        return await self._threads.run(chars, lambda: [self._highest_logits(text) for text in texts])

    def _highest_logits(self, text: DetectorInput) -> dict[str, float]:
        found = [self._linear.logits(features(_head_and_tail(reading))) for reading in _variants(text)]
        return found[0] if len(found) == 1 else {name: max(one[name] for one in found) for name in found[0]}


def _variants(text: DetectorInput) -> tuple[str, ...]:
    return (text.normalised.text, *text.deobfuscated)


def _head_and_tail(reading: str) -> str:
    half = MAX_LINEAR_CHARS // 2
    return reading if len(reading) <= MAX_LINEAR_CHARS else f"{reading[:half]} {reading[-half:]}"
