"""One labelled text, and the heads it teaches: what the readers of the sources, the generator and the training share."""

import hashlib
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
TOXICITY = ("toxic", "insult", "threat", "identity_hate", "obscene", "sexual", "self_harm", "violence")
HEADS = (*TOXICITY, "injection", "indirect")


@dataclass(frozen=True, slots=True)
class Row:
    """A text with the labels that its source gives; a head that is not named is not taught by it."""

    text: str
    source: str
    labels: Mapping[str, float] = field(default_factory=dict)
    split: str = "train"

    @property
    def key(self) -> str:
        """The same for texts that differ in case, punctuation and space only."""
        return "".join(letter for letter in unicodedata.normalize("NFKC", self.text).lower() if letter.isalnum())


def clean() -> dict[str, float]:
    """No harm of any kind."""
    return dict.fromkeys(TOXICITY, 0.0)


def benign() -> dict[str, float]:
    """No harm, no attack."""
    return dict.fromkeys(HEADS, 0.0)


def harm(*names: str, attack: float = 0.0) -> dict[str, float]:
    """Exactly these kinds of harm, and no attack on the model."""
    return {**clean(), **dict.fromkeys(names, 1.0), "injection": attack, "indirect": 0.0}


def is_held_out(name: str, one_in: int = 8) -> bool:
    """A fixed share of templates and files is never trained on."""
    return random.Random(name).randrange(one_in) == 0


def sampled(items: Sequence[T], count: int, seed: str) -> list[T]:
    """As many as there are, at most `count`, in a fixed random order."""
    chosen = list(items)
    random.Random(seed).shuffle(chosen)
    return chosen[:count]


def is_read(identifier: str) -> bool:
    """Whether an ordinary text is for development; the other half only measures."""
    return _digest(identifier)[0] % 2 == 0


def is_tuned_on(identifier: str) -> bool:
    """Whether a text for development is for this fit; the others choose the thresholds."""
    return _digest(identifier)[2] % 2 == 0


def _digest(identifier: str) -> bytes:
    return hashlib.sha1(identifier.encode()).digest()  # noqa: S324 - the parts of the data are defined by it
