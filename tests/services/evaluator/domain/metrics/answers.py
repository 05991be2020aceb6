"""Answers to be measured, with the language model that the evaluator runs with."""

from schemas.values import Message
from services.evaluator.adapters.langid_detector import LangidDetector
from services.evaluator.domain.metrics.types import EvaluatedAnswer, LanguageOf

LANGUAGE_OF = LangidDetector()


def answer(
    output: str,
    question: str = "Where is my invoice?",
    *,
    system: str | None = None,
    finish_reason: str | None = "stop",
    language_of: LanguageOf = LANGUAGE_OF,
) -> EvaluatedAnswer:
    instructions = (Message(role="system", content=system),) if system else ()
    return EvaluatedAnswer(
        (*instructions, Message(role="user", content=question)), output, finish_reason, language_of
    )
