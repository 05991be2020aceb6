"""How much of a known attack stands in a text, word for word: exact for short texts, by a sketch for long ones, never by a model."""

import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from services.guard.domain.detection import Detection
from services.guard.domain.text.homoglyphs import without_marks

DETECTOR = "injection-similarity"
KIND = "PROMPT_INJECTION"
NEAR_COPY, MUCH, SOME = 0.8, 0.55, 0.45
"""Shares of an attack: it stands there with little changed, a good part of it does, or a part that ordinary texts do not share."""
SAME, CLOSE, ALIKE = 0.9, 0.75, 0.65
"""Cosines of the shipped encoder: of 1,500 harmless texts none came to 0.9 of one of 1,000 attacks, 1.3 % to 0.75 and 2.8 % to 0.65."""
EVEN, STEEPNESS = 0.75, 18.0
POINTS = ("fpr_5%", "fpr_1%", "fpr_0.1%")
LATIN_GRAM, OTHER_GRAM = 9, 4
SKETCH = 160
"""Pieces kept of one attack: the memory that it takes is bounded, and the share is off by a few hundredths at most."""
LEAST_PIECES = 8
"""Attacks with fewer pieces are too short to be told from ordinary words by their pieces."""
MAX_ATTACK_CHARS = 20_000
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class IndexedAttack:
    """An attack as it is compared: by its whole form, or by a sketch of its pieces."""

    tenant: str | None
    form: str
    sketch: frozenset[str]


@dataclass(slots=True)
class AttackIndex:
    """Known attacks by their pieces; looking a text up takes time in proportion to the text, however many attacks are known."""

    _known: dict[str, IndexedAttack] = field(default_factory=dict[str, IndexedAttack])
    _places: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, name: str, tenant: str | None, text: str) -> None:
        """Know an attack, instead of another one of that name."""
        self.remove(name)
        form = normalised_words(text[:MAX_ATTACK_CHARS])
        if not form:
            return
        pieces = shingles_of(form)
        sketch = (
            frozenset(sorted(pieces, key=_order)[:SKETCH])
            if len(pieces) >= LEAST_PIECES
            else frozenset({form})
        )
        self._known[name] = IndexedAttack(tenant, form, sketch)
        for piece in sketch:
            self._places.setdefault(piece, []).append(name)

    def remove(self, name: str) -> None:
        """Forget an attack."""
        known = self._known.pop(name, None)
        for piece in known.sketch if known else ():
            self._places[piece].remove(name)
            if not self._places[piece]:
                del self._places[piece]

    def largest_overlap(self, texts: Iterable[str], tenant: str) -> float:
        """The greatest share of an attack, known to this tenant or to all, that stands in one of the texts."""
        return (
            max((self._share(normalised_words(text), tenant) for text in texts), default=0.0)
            if self._known
            else 0.0
        )

    def _share(self, form: str, tenant: str) -> float:
        hits: dict[str, int] = {}
        # A text in another writing may hold an attack in Latin letters; the other way round there is nothing to find.
        sizes = (LATIN_GRAM,) if form.isascii() else (OTHER_GRAM, LATIN_GRAM)
        met = {
            piece
            for piece in chain((form,), *(_each_run(form, size) for size in sizes))
            if piece in self._places
        }
        for piece in met:
            # As a copy, since another thread may hear of an attack meanwhile.
            for name in tuple(self._places.get(piece, ())):
                hits[name] = hits.get(name, 0) + 1
        known = {name: self._known.get(name) for name in hits}
        return max(
            (
                hits[name] / len(one.sketch)
                for name, one in known.items()
                if one is not None and one.tenant in (None, tenant)
            ),
            default=0.0,
        )


def normalised_words(text: str) -> str:
    """Words in small letters without accents, one space apart: what copies with other punctuation have in common."""
    return " ".join(_WORDS.findall(without_marks(text.lower())))


def shingles_of(form: str) -> set[str]:
    """All runs of a few characters; fewer where writing says more with each."""
    return _runs(form, LATIN_GRAM if form.isascii() else OTHER_GRAM)


def _runs(form: str, size: int) -> set[str]:
    return set(_each_run(form, size))


def _each_run(form: str, size: int) -> Iterator[str]:
    return (form[index : index + size] for index in range(len(form) - size + 1))


def _order(piece: str) -> int:
    """A stable order that has nothing to do with the text, so that every process sketches alike."""
    return zlib.crc32(piece.encode("utf-8", "replace"))


def overlap_score(share: float) -> Detection:
    """What a share means: no ordinary text of the development sets held 0.5 of one of 1,777 attacks."""
    points = (
        POINTS[:3]
        if share >= NEAR_COPY
        else POINTS[:2]
        if share >= MUCH
        else POINTS[:1]
        if share >= SOME
        else ()
    )
    return Detection(KIND, DETECTOR, round(share, 4), is_found=bool(points), points=points, tier="rules")


def embedding_score(cosine: float) -> Detection:
    """What nearness of meaning means, as a share of what separates a paraphrase from an ordinary text."""
    score = 1.0 / (1.0 + math.exp(-STEEPNESS * (cosine - EVEN)))
    points = (
        POINTS[:3]
        if cosine >= SAME
        else POINTS[:2]
        if cosine >= CLOSE
        else POINTS[:1]
        if cosine >= ALIKE
        else ()
    )
    return Detection(KIND, DETECTOR, round(score, 4), is_found=bool(points), points=points, tier="model")
