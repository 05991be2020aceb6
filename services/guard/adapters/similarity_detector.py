"""Detects texts that are similar to a known attack: by shared words, and by embeddings."""

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.guard.adapters.known_attacks import KnownAttacks, UnsealedAttack
from services.guard.domain.detection import Detection
from services.guard.domain.injection.similarity import AttackIndex, embedding_score, overlap_score
from services.guard.domain.types import DetectorInput, ScreeningContext

Vectors = NDArray[np.float32]
NO_VECTORS: Vectors = np.zeros((0, 1), dtype=np.float32)
MAX_ATTACK_WINDOWS = 8
"""Of one attack; further windows are not compared."""
MAX_NEW_ATTACKS_PER_TEXT = 8
"""Attacks that are embedded with one request, so that no request waits for thousands of them."""


class HasEmbedding(Protocol):
    """An encoding with an embedding."""

    @property
    def embedding(self) -> Vectors:
        """One vector of length 1, or a row for each window."""
        ...


class EmbeddingEncoder(Protocol):
    """Encodes texts as vectors; it may cache texts that other detectors encoded."""

    async def encode(self, texts: Sequence[str]) -> Sequence[HasEmbedding]:
        """The encoding of each text."""
        ...


class OverlapDetector:
    """Detects copies of known attacks; new and removed attacks are indexed with the next text."""

    def __init__(self, known: KnownAttacks) -> None:
        """Take the attacks."""
        self._known = known
        self._overlaps = AttackIndex()
        self._indexed: Mapping[str, UnsealedAttack] = {}
        # Threads for long and short texts may update the index at the same time.
        self._lock = threading.Lock()

    def pending_attack_chars(self) -> int:
        """The characters of attacks that are indexed with the next text."""
        current = self._known.current()
        return (
            0
            if current is self._indexed
            else sum(
                len(attack.text) for name, attack in current.items() if self._indexed.get(name) is not attack
            )
        )

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One score for each text but instructions and answers, if any attack is known."""
        current = self._known.current()
        if current is not self._indexed:
            with self._lock:
                self._update_index(current)
        if not current:
            return [() for _ in texts]
        return [(self._overlap(text, context),) if _is_screened(text, context) else () for text in texts]

    def _overlap(self, text: DetectorInput, context: ScreeningContext) -> Detection:
        variants = (text.normalised.text, *text.deobfuscated)
        return overlap_score(self._overlaps.largest_overlap(variants, context.tenant))

    def _update_index(self, current: Mapping[str, UnsealedAttack]) -> None:
        for name in self._indexed.keys() - current.keys():
            self._overlaps.remove(name)
        for name, attack in current.items():
            if self._indexed.get(name) is not attack:
                self._overlaps.add(name, attack.tenant, attack.text)
        self._indexed = current


class EmbeddingDetector:
    """Detects paraphrases of known attacks by their embeddings, which are kept in memory only."""

    def __init__(self, known: KnownAttacks, encoder: EmbeddingEncoder, version: str) -> None:
        """Take the attacks, the encoder, and its name and version."""
        self._known = known
        self._encoder = encoder
        self.version = version
        self._vectors: dict[str, tuple[UnsealedAttack, Vectors]] = {}
        self._stacked: dict[str | None, Vectors] = {}

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """One score for each text but instructions and answers, from the highest cosine with an attack."""
        await self._update_vectors(self._known.current())
        indexes = [index for index, text in enumerate(texts) if _is_screened(text, context)]
        if not indexes or not self._has_attacks_for(context.tenant):
            return [() for _ in texts]
        variants = [
            (index, variant)
            for index in indexes
            for variant in (texts[index].normalised.text, *texts[index].deobfuscated)
        ]
        embeddings = await self._embeddings([variant for _, variant in variants])
        cosines = dict.fromkeys(indexes, -1.0)
        for (index, _), windows in zip(variants, embeddings, strict=True):
            cosines[index] = max(cosines[index], self._highest_cosine(windows, context.tenant))
        return [(embedding_score(cosines[index]),) if index in cosines else () for index in range(len(texts))]

    def _has_attacks_for(self, tenant: str) -> bool:
        return len(self._attacks_of(None)) > 0 or len(self._attacks_of(tenant)) > 0

    async def _update_vectors(self, current: Mapping[str, UnsealedAttack]) -> None:
        removed = [name for name, (attack, _) in self._vectors.items() if current.get(name) is not attack]
        for name in removed:
            del self._vectors[name]
        new = [(name, attack) for name, attack in current.items() if name not in self._vectors][
            :MAX_NEW_ATTACKS_PER_TEXT
        ]
        if removed or new:
            self._stacked.clear()
        if new:
            for (name, attack), windows in zip(
                new, await self._embeddings([attack.text for _, attack in new]), strict=True
            ):
                self._vectors[name] = attack, windows[:MAX_ATTACK_WINDOWS]
            self._stacked.clear()

    async def _embeddings(self, texts: Sequence[str]) -> list[Vectors]:
        return [np.atleast_2d(encoded.embedding) for encoded in await self._encoder.encode(texts)]

    def _highest_cosine(self, windows: Vectors, tenant: str) -> float:
        return max(
            float((windows @ attacks.T).max(initial=-1.0))
            for attacks in (self._attacks_of(None), self._attacks_of(tenant))
            if len(attacks)
        )

    def _attacks_of(self, tenant: str | None) -> Vectors:
        """The vectors of the attacks for all tenants (None) or of one tenant, as rows."""
        if tenant not in self._stacked and any(
            attack.tenant == tenant for attack, _ in self._vectors.values()
        ):
            self._stacked[tenant] = np.concatenate(
                [windows for attack, windows in self._vectors.values() if attack.tenant == tenant]
            )
        return self._stacked.get(tenant, NO_VECTORS)


def _is_screened(text: DetectorInput, context: ScreeningContext) -> bool:
    return context.direction != "output" and not text.segment.is_instruction
