"""Compares texts with known attacks, by shared shingles (runs of characters) or by embeddings."""

import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from services.guard.domain.detection import PROMPT_INJECTION, Detection
from services.guard.domain.text.homoglyphs import without_marks

DETECTOR = "injection-similarity"
POINTS = ("fpr_5%", "fpr_1%", "fpr_0.1%")
OVERLAP_THRESHOLDS = (0.45, 0.55, 0.8)
"""Share of an attack for each operating point; no ordinary development text held 0.5 of 1,777 attacks."""
COSINE_THRESHOLDS = (0.65, 0.75, 0.9)
"""Cosine for each operating point of the shipped encoder: 2.8 %, 1.3 % and none of 1,500 harmless texts are
as close to one of 1,000 attacks."""
COSINE_MIDPOINT, COSINE_STEEPNESS = 0.75, 18.0
"""Of the logistic function that turns a cosine into a score; the midpoint scores 0.5."""
LATIN_SHINGLE_CHARS, OTHER_SHINGLE_CHARS = 9, 4
MAX_SKETCH_SHINGLES = 160
"""Kept of one attack, which bounds its memory and changes the share by a few hundredths at most."""
MIN_SHINGLES = 8
"""An attack with fewer shingles is matched as a whole only, since ordinary texts share some of them."""
MAX_ATTACK_CHARS = 20_000
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class IndexedAttack:
    """An attack with its shingles; the only shingle of a short attack is its whole text."""

    tenant: str | None
    normalised: str
    sketch: frozenset[str]


@dataclass(slots=True)
class AttackIndex:
    """Known attacks by shingle; the time of a lookup depends on the text, not on the number of attacks."""

    _attacks: dict[str, IndexedAttack] = field(default_factory=dict[str, IndexedAttack])
    _names_by_shingle: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, name: str, tenant: str | None, text: str) -> None:
        """Add an attack, or replace the one with this name; without a tenant it counts for all tenants."""
        self.remove(name)
        normalised = normalised_words(text[:MAX_ATTACK_CHARS])
        if not normalised:
            return
        sketch = _sketch(normalised)
        self._attacks[name] = IndexedAttack(tenant, normalised, sketch)
        for shingle in sketch:
            self._names_by_shingle.setdefault(shingle, []).append(name)

    def remove(self, name: str) -> None:
        """Remove the attack with this name, if there is one."""
        attack = self._attacks.pop(name, None)
        for shingle in attack.sketch if attack else ():
            self._names_by_shingle[shingle].remove(name)
            if not self._names_by_shingle[shingle]:
                del self._names_by_shingle[shingle]

    def largest_overlap(self, texts: Iterable[str], tenant: str) -> float:
        """The largest share that one of the texts contains of an attack of this tenant or of all tenants."""
        if not self._attacks:
            return 0.0
        return max((self._overlap(normalised_words(text), tenant) for text in texts), default=0.0)

    def _overlap(self, normalised: str, tenant: str) -> float:
        # A text in another script may contain an attack in Latin letters, but not the other way round.
        sizes = (LATIN_SHINGLE_CHARS,) if normalised.isascii() else (OTHER_SHINGLE_CHARS, LATIN_SHINGLE_CHARS)
        shingles = chain((normalised,), *(_runs(normalised, size) for size in sizes))
        shared = {shingle for shingle in shingles if shingle in self._names_by_shingle}
        counts: dict[str, int] = {}
        for shingle in shared:
            # A copy, since another thread may add or remove an attack meanwhile.
            for name in tuple(self._names_by_shingle.get(shingle, ())):
                counts[name] = counts.get(name, 0) + 1
        shares = (
            count / len(attack.sketch)
            for name, count in counts.items()
            if (attack := self._attacks.get(name)) is not None and attack.tenant in (None, tenant)
        )
        return max(shares, default=0.0)


def normalised_words(text: str) -> str:
    """The words in lower case, without accents and punctuation, separated by spaces."""
    return " ".join(_WORDS.findall(without_marks(text.lower())))


def shingles_of(normalised: str) -> set[str]:
    """All runs of 9 characters, or of 4 if the text is not ASCII, since other scripts have shorter words."""
    size = LATIN_SHINGLE_CHARS if normalised.isascii() else OTHER_SHINGLE_CHARS
    return set(_runs(normalised, size))


def _sketch(normalised: str) -> frozenset[str]:
    """A sample of the shingles that is the same in every process, since it is ordered by a checksum."""
    shingles = shingles_of(normalised)
    if len(shingles) < MIN_SHINGLES:
        return frozenset({normalised})
    return frozenset(sorted(shingles, key=_checksum)[:MAX_SKETCH_SHINGLES])


def _checksum(shingle: str) -> int:
    return zlib.crc32(shingle.encode("utf-8", "replace"))


def _runs(normalised: str, size: int) -> Iterator[str]:
    return (normalised[index : index + size] for index in range(len(normalised) - size + 1))


def overlap_score(share: float) -> Detection:
    """The share of an attack as a score, with the operating points that it reaches."""
    points = _points(share, OVERLAP_THRESHOLDS)
    return Detection(
        PROMPT_INJECTION, DETECTOR, round(share, 4), is_found=bool(points), points=points, tier="rules"
    )


def embedding_score(cosine: float) -> Detection:
    """The cosine to the closest attack as a score, with the operating points that it reaches."""
    score = 1.0 / (1.0 + math.exp(-COSINE_STEEPNESS * (cosine - COSINE_MIDPOINT)))
    points = _points(cosine, COSINE_THRESHOLDS)
    return Detection(
        PROMPT_INJECTION, DETECTOR, round(score, 4), is_found=bool(points), points=points, tier="model"
    )


def _points(value: float, thresholds: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(point for point, threshold in zip(POINTS, thresholds, strict=True) if value >= threshold)
