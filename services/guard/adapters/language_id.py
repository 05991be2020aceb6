"""Identifies languages with py3langid, a naive Bayes model over byte n-grams."""

from collections.abc import Callable
from typing import Any

Classify = Callable[[str], tuple[str, float]]

MIN_CONFIDENCE = 0.9
"""Higher than for the evaluator's metric, since a check may block an answer."""
# `und` is "not sure enough", `zxx` is "no language at all".
_NO_LANGUAGE = frozenset({"und", "zxx"})


class LazyLanguageIdentifier:
    """Identifies the language of a text; library and model are loaded with the first text."""

    def __init__(self) -> None:
        self._classify: Classify | None = None

    def __call__(self, text: str) -> str | None:
        """The ISO 639-1 code; None if the model is not sure."""
        if self._classify is None:
            self._classify = _load()
        language, _ = self._classify(text)
        return None if language in _NO_LANGUAGE else language


def _load() -> Classify:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    library: Any = LanguageIdentifier
    classify: Classify = library.from_model_file(
        MODEL_FILE, norm_probs=True, min_confidence=MIN_CONFIDENCE
    ).classify
    return classify
