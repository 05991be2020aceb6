"""Texts that are like a known attack: word for word, which costs nothing, and by meaning, where the encoder is asked."""

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
"""Of one attack; the rest of a longer one is not compared."""
MAX_NEW_ATTACKS_PER_TEXT = 8
"""Attacks that are embedded beside one request: a request never waits for thousands of them."""


class HasEmbedding(Protocol):
    """What an encoder says of a text."""

    @property
    def embedding(self) -> Vectors:
        """One vector of length 1, or one a window as rows."""
        ...


class EmbeddingEncoder(Protocol):
    """An encoder of meaning; it may remember texts that other detectors asked about."""

    async def encode(self, texts: Sequence[str]) -> Sequence[HasEmbedding]:
        """The encoding of each text."""
        ...


class OverlapDetector:
    """Finds copies of known attacks; hears of new and removed ones with the next text."""

    def __init__(self, known: KnownAttacks) -> None:
        """Take the attacks."""
        self._known = known
        self._overlaps = AttackIndex()
        self._indexed: Mapping[str, UnsealedAttack] = {}
        # Long texts are read in threads, and so are short ones while there is much to hear of.
        self._lock = threading.Lock()

    def pending_attack_chars(self) -> int:
        """Characters of attacks that the next text hears of: the text's own are not all the work that it is."""
        now = self._known.current()
        return (
            0
            if now is self._indexed
            else sum(
                len(attack.text) for name, attack in now.items() if self._indexed.get(name) is not attack
            )
        )

    def detect(self, texts: Sequence[DetectorInput], context: ScreeningContext) -> list[Sequence[Detection]]:
        """One signal for each text that is looked at, if any attack is known."""
        now = self._known.current()
        if now is not self._indexed:
            with self._lock:
                self._update_index(now)
        if not now:
            return [() for _ in texts]
        return [(self._overlap(text, context),) if _is_screened(text, context) else () for text in texts]

    def _overlap(self, text: DetectorInput, context: ScreeningContext) -> Detection:
        variants = (text.normalised.text, *text.deobfuscated)
        return overlap_score(self._overlaps.largest_overlap(variants, context.tenant))

    def _update_index(self, now: Mapping[str, UnsealedAttack]) -> None:
        for name in self._indexed.keys() - now.keys():
            self._overlaps.remove(name)
        for name, attack in now.items():
            if self._indexed.get(name) is not attack:
                self._overlaps.add(name, attack.tenant, attack.text)
        self._indexed = now


class EmbeddingDetector:
    """Finds attacks in other words; the vectors of known ones are kept in memory alone."""

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
        """One signal for each text that is looked at: how near its nearest part comes to the nearest attack."""
        await self._update_vectors(self._known.current())
        places = [index for index, text in enumerate(texts) if _is_screened(text, context)]
        if not places or not (len(self._attacks_of(None)) or len(self._attacks_of(context.tenant))):
            return [() for _ in texts]
        asked = [
            (index, form)
            for index in places
            for form in (texts[index].normalised.text, *texts[index].deobfuscated)
        ]
        nearest = dict.fromkeys(places, -1.0)
        for (index, _), windows in zip(
            asked, await self._embeddings([form for _, form in asked]), strict=True
        ):
            nearest[index] = max(nearest[index], self._highest_cosine(windows, context.tenant))
        return [(embedding_score(nearest[index]),) if index in nearest else () for index in range(len(texts))]

    async def _update_vectors(self, now: Mapping[str, UnsealedAttack]) -> None:
        gone = [name for name, (attack, _) in self._vectors.items() if now.get(name) is not attack]
        for name in gone:
            del self._vectors[name]
        new = [(name, attack) for name, attack in now.items() if name not in self._vectors][
            :MAX_NEW_ATTACKS_PER_TEXT
        ]
        if gone or new:
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
        """The vectors of everybody's attacks, or of one tenant's own, as rows."""
        if tenant not in self._stacked and any(
            attack.tenant == tenant for attack, _ in self._vectors.values()
        ):
            self._stacked[tenant] = np.concatenate(
                [windows for attack, windows in self._vectors.values() if attack.tenant == tenant]
            )
        return self._stacked.get(tenant, NO_VECTORS)


def _is_screened(text: DetectorInput, context: ScreeningContext) -> bool:
    return context.direction != "output" and not text.segment.is_instruction
