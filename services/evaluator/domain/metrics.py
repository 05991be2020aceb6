"""Deterministic metrics of one answer: cheap, without a model that could change its mind, the same on every replay."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.quality import Metric
from schemas.values import Message
from services.evaluator.domain.refusals import is_refusal

VERSION = 1

# Fewer letters than this say nothing reliable about a language.
MIN_LETTERS = 24
MAX_LANGUAGE_CHARS = 2_000
_FIRST_CJK = 0x2E80

_PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]*_\d+>")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_FENCE = re.compile(r"\A```(?:json)?\s*\n(?P<body>.*)\n```\Z", re.DOTALL | re.IGNORECASE)
_ASKS_JSON = re.compile(r"\bjson\b", re.IGNORECASE)

LanguageOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class EvaluatedAnswer:
    """What is measured: the prompt as it was sent, the answer as the caller gets it, and why it ended."""

    messages: Sequence[Message]
    output: str
    finish_reason: str | None


def measure(answer: EvaluatedAnswer, language_of: LanguageOf) -> tuple[Metric, ...]:
    """Every metric by name; claims are 0 or 1, None where a metric does not apply."""
    return (
        Metric(name="refusal", value=float(is_refusal(answer.output))),
        Metric(name="empty", value=float(not answer.output.strip())),
        Metric(name="cut_off", value=float(answer.finish_reason == "length")),
        Metric(name="json_valid", value=_claim(json_valid(answer))),
        language_match(answer, language_of),
        Metric(name="output_chars", value=float(len(answer.output))),
        Metric(name="output_words", value=float(len(answer.output.split()))),
    )


def asks_for_json(messages: Sequence[Message]) -> bool:
    """Whether the instructions or the last question name JSON."""
    instructions = [message.content for message in messages if message.role in {"system", "developer"}]
    return any(_ASKS_JSON.search(text) for text in (*instructions, _question(messages)))


def json_valid(answer: EvaluatedAnswer) -> bool | None:
    """Whether the answer is one JSON value, alone or as one fenced block; None where nobody asked for JSON."""
    if not asks_for_json(answer.messages):
        return None
    text = answer.output.strip()
    fenced = _FENCE.match(text)
    try:
        json.loads(fenced["body"] if fenced else text)
    except (ValueError, RecursionError):
        return False
    return True


def language_match(answer: EvaluatedAnswer, language_of: LanguageOf) -> Metric:
    """Whether question and answer are in one language; None where either is too short or in none for sure."""
    asked, given = _prose(_question(answer.messages)), _prose(answer.output)
    if min(_letters(asked), _letters(given)) < MIN_LETTERS:
        return Metric(name="language_match")
    from_language, to_language = language_of(asked), language_of(given)
    if from_language is None or to_language is None:
        return Metric(name="language_match")
    return Metric(
        name="language_match",
        value=float(from_language == to_language),
        label=f"{from_language}/{to_language}",
    )


def _claim(held: bool | None) -> float | None:  # noqa: FBT001 - the value itself, no switch
    return None if held is None else float(held)


def _question(messages: Sequence[Message]) -> str:
    return next((message.content for message in reversed(messages) if message.role == "user"), "")


def _prose(text: str) -> str:
    # Placeholders of the guard and code are English whatever the text around them is.
    return _CODE.sub(" ", _PLACEHOLDER.sub(" ", text[: 4 * MAX_LANGUAGE_CHARS]))[:MAX_LANGUAGE_CHARS].strip()


def _letters(text: str) -> int:
    # A Chinese, Japanese or Korean sign says about as much as three letters.
    return sum(3 if ord(character) >= _FIRST_CJK else 1 for character in text if character.isalpha())
