"""Identifies languages with py3langid, a naive Bayes model over byte n-grams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

MIN_CONFIDENCE = 0.9
"""Higher than for the evaluator's metric, since a check may block an answer."""
# `und` is "not sure enough", `zxx` is "no language at all".
_NO_LANGUAGE = frozenset({"und", "zxx"})


@dataclass(frozen=True, slots=True)
class _Identifier:
    """The two calls of py3langid that are used here."""

    classify: Callable[[str], tuple[str, float]]
    rank: Callable[[str], Sequence[tuple[str, float]]]


class LazyLanguageIdentifier:
    """Identifies the language of a text; library and model are loaded with the first text or by `load`."""

    def __call__(self, text: str) -> str | None:
        """The ISO 639-1 code; None if the model is not sure."""
        language, _ = _identifier().classify(text)
        return None if language in _NO_LANGUAGE else language

    def shares(self, text: str) -> Mapping[str, float]:
        """The probability of each language; `zxx` stands for text that is in no language."""
        return dict(_identifier().rank(text))

    def load(self) -> None:
        """Load the model now, so that no text waits for it."""
        _identifier()


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    library: Any = LanguageIdentifier
    model = library.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=MIN_CONFIDENCE)
    return _Identifier(model.classify, model.rank)
