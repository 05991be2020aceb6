"""Detects languages with py3langid, a naive Bayes model over byte n-grams that comes inside its wheel."""

from collections.abc import Callable
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

Classify = Callable[[str], tuple[str, float]]

MIN_CONFIDENCE = 0.75
# `und` is "not sure enough", `zxx` is "no language at all".
_NO_LANGUAGE = frozenset({"und", "zxx"})


class LangidDetector:
    """Detects the language of a text; the model is loaded once in a process, at the start."""

    def __init__(self) -> None:
        self._classify = _loaded()

    def __call__(self, text: str) -> str | None:
        """The ISO 639 code, or None where the model is not sure."""
        language, _ = self._classify(text)
        return None if language in _NO_LANGUAGE else language


@cache
def _loaded() -> Classify:
    library: Any = LanguageIdentifier
    classify: Classify = library.from_model_file(
        MODEL_FILE, norm_probs=True, min_confidence=MIN_CONFIDENCE
    ).classify
    return classify
