"""The text classifier as a detector of toxicity and prompt injection, by one tier or both."""

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
from services.guard.domain.injection.fusion import injection_fusion
from services.guard.domain.threads import TextThreads
from services.guard.domain.types import DetectorInput, ScreeningContext

MAX_LINEAR_CHARS = 131_072
"""Of longer texts the linear tier scores only head and tail, to bound its memory, and never decides alone."""


class ClassifierDetector:
    """Scores all texts but instructions; of the variants of a text the highest logits count."""

    def __init__(
        self, encoder: TextEncoder, card: ClassifierSpec, threads: TextThreads | None = None
    ) -> None:
        """Take the encoder, the manifest's values, and the threads for long texts; by default own ones."""
        self._encoder = encoder
        self._threads: TextThreads = threads or RuleThreadPool()
        self._heads, self._linear = card.heads, card.linear
        self.version = card.version
        self.fusion = injection_fusion(card.heads)

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The scores of each text; none for the application's instructions."""
        del context
        scored = {index: text for index, text in enumerate(texts) if not text.segment.is_instruction}
        linear = await self._linear_logits(list(scored.values()))
        scores = dict(zip(scored, await self._scores(list(scored.values()), linear), strict=True))
        return [scores.get(index, ()) for index in range(len(texts))]

    async def _scores(
        self, texts: Sequence[DetectorInput], linear: Sequence[Mapping[str, float]]
    ) -> list[tuple[Detection, ...]]:
        """The detections of each text: by the linear tier if it is sure, else by both tiers."""
        heads = [heads_for(text.segment.direction) for text in texts]
        chars = sum(len(text.normalised.text) for text in texts)
        rows = list(zip(texts, heads, linear, strict=True))
        by_linear = await self._threads.run(chars, lambda: [self._linear_scores(*row) for row in rows])
        unclear = [index for index, scores in enumerate(by_linear) if scores is None]
        encodings = await self._encodings([texts[index] for index in unclear])
        fused = {
            index: self._fused(heads[index], linear[index], of_text)
            for index, of_text in zip(unclear, encodings, strict=True)
        }
        return [fused[index] if scores is None else scores for index, scores in enumerate(by_linear)]

    async def _encodings(self, texts: Sequence[DetectorInput]) -> list[list[TextEncoding]]:
        """The encodings of all variants of each text, in one call of the encoder."""
        if not texts:
            return []
        variants = [_variants(text) for text in texts]
        encodings = iter(await self._encoder.encode([variant for of_text in variants for variant in of_text]))
        return [[next(encodings) for _ in of_text] for of_text in variants]

    def _linear_scores(
        self, text: DetectorInput, heads: Sequence[str], linear: Mapping[str, float]
    ) -> tuple[Detection, ...] | None:
        """The detections by the linear tier, or None if it is not sure."""
        variants = _variants(text)
        if text.has_phrases or any(len(variant) > MAX_LINEAR_CHARS for variant in variants):
            return None
        if not any(character.isalnum() for variant in variants for character in variant):
            return scores_without_words(self._heads, heads)
        return linear_scores(self._heads, heads, linear)

    def _fused(
        self, heads: Sequence[str], linear: Mapping[str, float], encodings: Sequence[TextEncoding]
    ) -> tuple[Detection, ...]:
        return fused_scores(
            self._heads, heads, linear, max_logits([encoding.logits for encoding in encodings])
        )

    async def _linear_logits(self, texts: Sequence[DetectorInput]) -> list[dict[str, float]]:
        chars = sum(len(variant) for text in texts for variant in _variants(text))
        return await self._threads.run(chars, lambda: [self._highest_logits(text) for text in texts])

    def _highest_logits(self, text: DetectorInput) -> dict[str, float]:
        logits = [
            self._linear.logits_of_length(features(_head_and_tail(variant)), len(variant))
            for variant in _variants(text)
        ]
        return {name: max(of_variant[name] for of_variant in logits) for name in logits[0]}


def _variants(text: DetectorInput) -> tuple[str, ...]:
    window = (text.phrase_window,) if text.phrase_window else ()
    return (text.normalised.text, *text.deobfuscated, *window)


def _head_and_tail(text: str) -> str:
    half = MAX_LINEAR_CHARS // 2
    return text if len(text) <= MAX_LINEAR_CHARS else f"{text[:half]} {text[-half:]}"
