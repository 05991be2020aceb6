"""Whether question and answer are in one language."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from schemas.placeholders import without_placeholders
from services.evaluator.domain.metrics.types import EvaluatedAnswer, Measure, Measured

# Fewer letters than this say nothing reliable about a language.
MIN_LETTERS = 24
MAX_LANGUAGE_CHARS = 2_000
_FIRST_CJK = 0x2E80

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


def language_match(answer: EvaluatedAnswer) -> Measured | None:
    """0 or 1, labelled `from/to`; None where either text is too short or its language is not certain."""
    question, output = _prose(answer.question), _prose(answer.output)
    if min(_letters(question), _letters(output)) < MIN_LETTERS:
        return None
    from_language, to_language = answer.language_of(question), answer.language_of(output)
    if from_language is None or to_language is None:
        return None
    return Measured(float(from_language == to_language), f"{from_language}/{to_language}")


def _prose(text: str) -> str:
    # Placeholders of the guard and code are English whatever the text around them is.
    return _CODE.sub(" ", without_placeholders(text[: 4 * MAX_LANGUAGE_CHARS]))[:MAX_LANGUAGE_CHARS].strip()


def _letters(text: str) -> int:
    # A Chinese, Japanese or Korean character says about as much as three letters.
    return sum(3 if ord(character) >= _FIRST_CJK else 1 for character in text if character.isalpha())


MEASURES: Mapping[str, Measure] = MappingProxyType({"language_match": language_match})
